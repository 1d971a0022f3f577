#include <signal.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <thread>

#include "leat/archive.h"
#include "leat/csv.h"
#include "support/command.h"
#include "support/doctest.h"
#include "support/place.h"
#include "support/text_file.h"

// From files to a trained network and its predictions, with the graphs that README and docs/prediction.md name.

namespace fs = std::filesystem;
using namespace leat::test;
using leat::Archive;
using leat::CsvTable;
using leat::put;
using leat::text_of;

namespace {

const std::string graphs = LEAT_SOURCE "/graphs/";

std::vector<std::string> training(const std::string& graph, const std::string& out, const std::string& seed) {
  std::vector<std::string> arguments{"run", graph, "--out", out, "--seed", seed, "--device", "cpu:2"};
  for (const std::string one : {"data=drawn", "images=drawn/test/images", "steps=4", "size=32", "mask_size=32", "batch=6",
                                "unlabelled_batch=6", "mask_batch=4", "class_labels=12", "mask_labels=6"})
    arguments.insert(arguments.end(), {"--set", one});
  return arguments;
}

/// Returns a run of a seed, made when it is first asked for.
std::string trained(int seed) {
  if (!fs::exists(place() / "drawn"))
    run_well({"run", graphs + "draw_data.yaml", "--set", "train=60", "--set", "test=12", "--out", "drawn"});
  const std::string out = "runs/" + std::to_string(seed);
  if (!fs::exists(place() / out)) run_well(training(graphs + "05_your_data.yaml", out, std::to_string(seed)));
  return out;
}

/// Writes images as a user has them: of several sizes, one of them inverted, one in colour, one damaged.
std::string strangers_folder() {
  const fs::path folder = place() / "strangers";
  if (fs::exists(folder)) return "strangers";
  fs::create_directories(folder / "sub");
  const auto drawn = [](int k) {
    return cv::imread((place() / "drawn/test/images" / ("A_test_000" + std::to_string(k) + ".png")).string(), 0);
  };
  const auto scaled = [](const cv::Mat& image, cv::Size size) {
    cv::Mat out;
    cv::resize(image, out, size);
    return out;
  };
  cv::imwrite((folder / "a.png").string(), scaled(drawn(0), {101, 67}));
  cv::imwrite((folder / "b inverted.png").string(), 255 - scaled(drawn(1), {300, 222}));
  cv::imwrite((folder / "c.jpg").string(), drawn(2));
  const std::vector<cv::Mat> channels{drawn(3), 255 - drawn(3), 255 - drawn(3)};
  cv::Mat colours;
  cv::merge(channels, colours);
  cv::imwrite((folder / "sub" / "colour.png").string(), colours);
  put(folder / "damaged.png", text_of(folder / "a.png").substr(0, 500));
  put(folder / "empty.png", "");
  return "strangers";
}

CsvTable table_of(const std::string& out) { return leat::read_csv(text_of(place() / out / "predictions.csv")); }

/// Returns the field of an image's row.
std::string field(const CsvTable& table, const std::string& image, const std::string& column) {
  const int at = table.find_column(column);
  REQUIRE(at >= 0);
  for (const CsvTable::Row& row : table.rows)
    if (row.fields[0] == image) return row.fields[static_cast<std::size_t>(at)];
  FAIL("no row of " << image);
  return {};
}

}  // namespace

TEST_CASE("predictions of a stranger's folder: a row for each image, files of its size, and doubts") {
  const std::string run = trained(0), folder = strangers_folder();
  const Finished finished = run_leat({"predict", run, folder, "--out", "p", "--overlay", "--saliency"}, place());
  CAPTURE(finished.err);
  REQUIRE(finished.code == 0);
  CHECK(finished.out ==
        "4 of 6 images are predicted, 2 have none, and their status says why, 2 of the predicted have a warning\n"
        "the predictions are in p\n");
  CHECK_FALSE(fs::exists(place() / "p/checkpoints"));
  const CsvTable table = table_of("p");
  CHECK(table.rows.size() == 6);
  CHECK(field(table, "empty.png", "status") == "the file is empty");
  CHECK(field(table, "damaged.png", "status").starts_with("the PNG is truncated"));
  CHECK(field(table, "a.png", "warnings").empty());
  CHECK(field(table, "c.jpg", "warnings").empty());
  CHECK(field(table, "b inverted.png", "warnings") == "perhaps inverted: its negative looks more like the training images");
  // A colour picture is not taken for an inverted one.
  CHECK(field(table, "sub/colour.png", "warnings") == "colour read as luma");
  for (const std::string kind : {"masks", "overlays", "saliency"})
    for (const auto& [name, size] : std::map<std::string, cv::Size>{{"a.png", {101, 67}}, {"b inverted.png", {300, 222}}}) {
      CAPTURE(kind);
      CHECK(cv::imread((place() / "p" / kind / name).string()).size() == size);
    }
  double least = 0, most = 0;
  cv::minMaxLoc(cv::imread((place() / "p/saliency/a.png").string(), 0), &least, &most);
  CHECK(most > 200);  // 255 before it was enlarged.
}

TEST_CASE("predictions with an exported file are those with the run's folder") {
  const std::string run = trained(0), folder = strangers_folder();
  run_well({"export", run, "--out", "model.safetensors"});
  run_well({"predict", "model.safetensors", folder, "--out", "of_file", "--saliency"});
  run_well({"predict", run, folder, "--out", "of_run", "--saliency"});
  CHECK(text_of(place() / "of_file/predictions.csv") == text_of(place() / "of_run/predictions.csv"));
  for (const std::string file : {"masks/a.png", "saliency/a.png"})
    CHECK(text_of(place() / "of_file" / file) == text_of(place() / "of_run" / file));
  const Finished plain = run_leat({"predict", run + "/checkpoints/last/net.safetensors", folder, "--out", "q"}, place());
  CHECK(plain.code == 2);
  CHECK(plain.err == "error: " + run +
                         "/checkpoints/last/net.safetensors has weights, but no graph: predict with the run's folder, or with a file of "
                         "`leat export`\n");
  put(place() / "noise.safetensors", "noise");
  CHECK(run_leat({"predict", "noise.safetensors", folder, "--out", "q"}, place())
            .err.starts_with("error: noise.safetensors is not a file of `leat export`: "));
  CHECK(run_leat({"predict", "gone", folder, "--out", "q"}, place()).err == "error: there is no run and no exported model at gone\n");
}

TEST_CASE("predictions of several runs say how much they disagree") {
  const std::string one = trained(0), other = trained(1), folder = strangers_folder();
  run_well({"predict", one, folder, "--out", "first"});
  run_well({"predict", other, folder, "--out", "second"});
  run_well({"predict", one, other, folder, "--out", "both"});
  const CsvTable first = table_of("first"), second = table_of("second"), both = table_of("both");
  CHECK(first.find_column("disagreement") == -1);
  for (const std::string image : {"a.png", "c.jpg"}) {
    const std::string column = "probability_" + field(both, image, "class");
    const double a = std::stod(field(first, image, column)), b = std::stod(field(second, image, column));
    CHECK(std::stod(field(both, image, "disagreement")) == doctest::Approx(std::abs(a - b) / 2).epsilon(1e-4));
    const double of_masks = std::stod(field(both, image, "disagreement_mask_lungs"));
    CHECK(of_masks >= 0);
    CHECK(of_masks <= 1);
  }
  CHECK(field(both, "empty.png", "disagreement").empty());
  const Finished twice = run_leat({"predict", one, other, one, folder, "--out", "twice"}, place());
  CHECK(twice.err.find("is named twice, so its predictions would count twice") != std::string::npos);
}

TEST_CASE("the mean of several runs is judged if the images have labels") {
  const std::string one = trained(0), other = trained(1);
  const Finished finished = run_leat({"predict", one, other, "drawn/test", "--out", "mean"}, place());
  CAPTURE(finished.err);
  REQUIRE(finished.code == 0);
  CHECK(finished.out.find("masks.dice") != std::string::npos);
  const CsvTable judged = leat::read_csv(text_of(place() / "mean/images/judged_classes.classes.csv")), table = table_of("mean");
  REQUIRE(judged.rows.size() == 12);
  const auto at =
      std::find_if(judged.header.begin(), judged.header.end(), [](const std::string& one) { return one.starts_with("probability_"); });
  REQUIRE(at != judged.header.end());
  for (const CsvTable::Row& row : judged.rows)
    CHECK(std::stod(row.fields[static_cast<std::size_t>(at - judged.header.begin())]) ==
          doctest::Approx(std::stod(field(table, row.fields[0], *at))).epsilon(1e-4));
}

TEST_CASE("the mean of several runs is not judged on images that one of them has trained on") {
  const std::string one = trained(0), other = trained(1);
  // Images that validate in the first run, and of which the other one has trained on some.
  const CsvTable split = leat::read_csv(text_of(place() / one / "splits/data.csv"));
  const int image = split.find_column("image"), label = split.find_column("class"), part = split.find_column("part");
  REQUIRE(part >= 0);
  for (const CsvTable::Row& row : split.rows) {
    const auto field_of = [&row](int column) { return row.fields[static_cast<std::size_t>(column)]; };
    if (field_of(part) != "validation" || field_of(label).empty()) continue;
    const fs::path to = place() / "held" / field_of(label);
    fs::create_directories(to);
    fs::path from = place() / "drawn/train/images" / field_of(image);
    if (!fs::exists(from)) from = place() / "drawn/train" / field_of(image);
    fs::copy_file(from, to / from.filename());
  }
  const auto said = [](const std::string& first, const std::string& second, const std::string& out) {
    return run_leat({"predict", first, second, "held", "--out", out}, place()).err;
  };
  CHECK(said(one, other, "held 1").find("the predictions are not judged after all: `judged_classes`: run 2 has trained on ") !=
        std::string::npos);
  CHECK(said(other, one, "held 2").find("the predictions are not judged after all: `judged_classes`: the run has trained on ") !=
        std::string::npos);
  // What an exported file was trained on is not known.
  run_well({"export", other, "--out", "other.safetensors"});
  const Finished exported = run_leat({"predict", "other.safetensors", "held", "--out", "held 3"}, place());
  CHECK(exported.err.find("note: on which images other.safetensors was trained is not known") != std::string::npos);
  CHECK(text_of(place() / "held 3/results.json").find("on which images other.safetensors was trained is not known") != std::string::npos);
}

TEST_CASE("predictions that were interrupted go on with the same command, and are those of one that was not") {
  const std::string run = trained(0);
  fs::create_directories(place() / "many");
  for (int k = 0; k < 600; ++k) {
    char name[32];
    std::snprintf(name, sizeof name, "many/%03d.png", k);
    fs::copy_file(place() / "drawn/test/images" / ("A_test_000" + std::to_string(k % 10) + ".png"), place() / name);
  }
  run_well({"predict", run, "many", "--out", "whole"});
  const std::string wanted = text_of(place() / "whole/predictions.csv");
  bool was_interrupted = false;
  {
    Command command({"predict", run, "many", "--out", "parts"}, place());
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    const fs::path table = place() / "parts/predictions.csv";
    while (std::chrono::steady_clock::now() < end && !(fs::exists(table) && fs::file_size(table) > 0))
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    command.signal(SIGINT);
    was_interrupted = command.wait().code == 130;
  }
  if (was_interrupted) {
    const std::string part = text_of(place() / "parts/predictions.csv");
    CHECK(part.size() < wanted.size());
    // Other images or runs cannot go on with them.
    CHECK(run_leat({"predict", run, strangers_folder(), "--out", "parts"}, place()).last_error_line() ==
          "error: parts has predictions that were interrupted, of other images, or with other runs or options: name another folder with "
          "--out");
    const Finished rest = run_leat({"predict", run, "many", "--out", "parts"}, place());
    CAPTURE(rest.err);
    CHECK(rest.code == 0);
  }
  CHECK(text_of(place() / "parts/predictions.csv") == wanted);
}

TEST_CASE("a training can begin with the weights of a run, or a part of them, and leave some as they are") {
  const std::string run = trained(0);
  // After four steps the network is certain of nothing.
  CHECK(text_of(place() / run / "results.json").find("no sample has passed the gate, so the pseudo-labels have taught nothing") !=
        std::string::npos);
  const auto weights = [](const std::string& folder) { return Archive::read(place() / folder / "checkpoints/last/net.safetensors"); };
  put(place() / "further.yaml", "leat: 1\nextends: " + graphs + "05_your_data.yaml\nresources:\n  net: {with: {weights: " + run +
                                    ", weights_parts: [encoder.]}}\n  adam: {with: {frozen: [encoder.]}}\n");
  // Another seed would validate on images that the first run has trained on.
  const Finished leaking = run_leat(training("further.yaml", "leaking", "7"), place());
  CHECK(leaking.code == 2);
  CAPTURE(leaking.err);
  CHECK(leaking.err.find("runs/0`, whose weights `net` starts with, has trained on ") != std::string::npos);
  run_well(training("further.yaml", "further", "0"));
  const Archive before = weights(run), after = weights("further");
  std::size_t of_encoder = 0, changed = 0;
  for (const auto& [name, entry] : after.entries()) {
    if (name.starts_with("encoder.") || name.starts_with("ema.encoder.")) {
      ++of_encoder;
      CAPTURE(name);
      CHECK(entry.bytes == before.entry(name).bytes);
    } else if (!name.starts_with("ema.")) {
      changed += entry.bytes != before.entry(name).bytes ? 1 : 0;
    }
  }
  CHECK(of_encoder > 20);
  CHECK(changed > 10);
  // A prediction needs the first run no more, and what the first run trained on stays known.
  fs::rename(place() / run, place() / "moved");
  run_well({"predict", "further", "drawn/test/images", "--out", "predicted further"});
  fs::rename(place() / "moved", place() / run);
  put(place() / "third.yaml", "leat: 1\nextends: further.yaml\nresources:\n  net: {with: {weights: further}}\n");
  const Finished third = run_leat(training("third.yaml", "third", "7"), place());
  CAPTURE(third.err);
  CHECK(third.err.find("further`, whose weights `net` starts with, has trained on ") != std::string::npos);

  // What is not known stays unknown in the runs after it.
  run_well({"export", run, "--out", "first.safetensors"});
  put(place() / "fourth.yaml",
      "leat: 1\nextends: " + graphs + "05_your_data.yaml\nresources:\n  net: {with: {weights: first.safetensors}}\n");
  run_well(training("fourth.yaml", "fourth", "0"));
  put(place() / "fifth.yaml", "leat: 1\nextends: " + graphs + "05_your_data.yaml\nresources:\n  net: {with: {weights: fourth}}\n");
  run_well(training("fifth.yaml", "fifth", "0"));
  for (const std::string one : {"fourth", "fifth"})
    CHECK(text_of(place() / one / "results.json").find("first.safetensors`; on which images they were trained is not known") !=
          std::string::npos);

  const auto error_of = [](const std::string& net, const std::string& adam) {
    put(place() / "wrong.yaml",
        "leat: 1\nextends: " + graphs + "05_your_data.yaml\nresources:\n  net: {with: " + net + "}\n  adam: {with: " + adam + "}\n");
    const Finished finished = run_leat(training("wrong.yaml", "wrong", "7"), place());
    CHECK(finished.code != 0);
    return finished.err;
  };
  CHECK(error_of("{weights_parts: [encoder.]}", "{}").find("`weights_parts` is set, but `weights` is not") != std::string::npos);
  CHECK(error_of("{weights: " + run + ", weights_parts: [encodr.]}", "{}").find("did you mean `encoder.`?") != std::string::npos);
  CHECK(error_of("{weights: drawn}", "{}").find("has no weights of `net`; it has none of a network") != std::string::npos);
  CHECK(error_of("{weights: drawn/test}", "{}").find("test` is no run with a checkpoint") != std::string::npos);
  CHECK(error_of("{weights: " + run + ", channels: [8, 16, 32]}", "{}").find("does not fit the network: its `channels` is") !=
        std::string::npos);
  CHECK(error_of("{}", "{frozen: [encodr.]}").find("no weight of the network has a name that begins with `encodr.`") != std::string::npos);
}

TEST_CASE("predictions of images that have labels are judged") {
  const std::string run = trained(0);
  const Finished finished = run_leat({"predict", run, "drawn/test", "--out", "judged"}, place());
  CAPTURE(finished.err);
  REQUIRE(finished.code == 0);
  CHECK(finished.err.find("the images have classes and masks of their own, so the predictions are judged") != std::string::npos);
  CHECK(finished.out.find("classes.accuracy") != std::string::npos);
  CHECK(finished.out.find("masks.dice") != std::string::npos);
  const CsvTable classes = leat::read_csv(text_of(place() / "judged/images/judged_classes.classes.csv"));
  CHECK(classes.rows.size() == 12);
  // They are the predictions of the table.
  const CsvTable table = table_of("judged");
  const int image = classes.find_column("image"), prediction = classes.find_column("prediction");
  for (const CsvTable::Row& row : classes.rows)
    CHECK(field(table, row.fields[static_cast<std::size_t>(image)], "class") == row.fields[static_cast<std::size_t>(prediction)]);
  const Finished report = run_leat({"report", "judged", "--out", "judged.html"}, place());
  CAPTURE(report.err);
  CHECK(report.code == 0);
}
