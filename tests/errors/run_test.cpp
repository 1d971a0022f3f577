#include <signal.h>

#include <chrono>
#include <opencv2/imgcodecs.hpp>
#include <sstream>
#include <thread>

#include "support/command.h"
#include "support/doctest.h"
#include "support/small_disk.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

// What goes wrong while a graph runs, through the command and the real nodes: one clear sentence, its exit code, and nothing lost.

namespace fs = std::filesystem;
using namespace leat::test;
using leat::put;
using leat::TemporaryFolder;
using leat::text_of;

namespace {

/// A gray picture of noise, encoded.
std::string picture(const std::string& ending) {
  cv::Mat pixels(64, 64, CV_8UC1);
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x) pixels.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>((x * 37 + y * 91 + x * y * 13) % 251);
  std::vector<std::uint8_t> bytes;
  cv::imencode(ending, pixels, bytes);
  return {bytes.begin(), bytes.end()};
}

/// A JPEG whose Huffman tables make no sense.
std::string corrupt_jpeg() {
  std::string bytes = picture(".jpg");
  const std::size_t table = bytes.find("\xFF\xC4");
  bytes.replace(table + 4, 26, 26, '\xFF');
  return bytes;
}

std::string cut_png() {
  const std::string bytes = picture(".png");
  return bytes.substr(0, bytes.size() / 2);
}

/// Four pictures in images/ of which b.jpg is the given one; predict.yaml writes a mask and a row for each.
void put_pictures(const TemporaryFolder& folder, const std::string& name, const std::string& bytes, const std::string& decoding = "") {
  for (const char* good : {"a.png", "c.png", "d.png"}) put(folder / "images" / good, picture(".png"));
  put(folder / "images" / name, bytes);
  put(folder / "predict.yaml", R"(leat: 1
resources: {pictures: {uses: io.split, with: {path: images}}}
phases:
  predict:
    nodes:
      files: {uses: io.images, with: {split: pictures, batch: 2}}
      decoded: {uses: image.decode, in: files.file)" +
                                   decoding + R"(}
      small: {uses: image.resize, in: decoded, with: {size: 16}}
      masks: {uses: write.image, in: {mask: small}, with: {masks: [lungs]}}
      table: {uses: write.csv, in: {mask: small}, with: {masks: [lungs]}}
plan: {then: [predict]}
)");
}

/// A training whose checkpoint takes about 300 kB.
void put_training(const TemporaryFolder& folder) {
  put(folder / "train.yaml", R"(leat: 1
params: {steps: 24}
resources:
  net: {uses: model.multitask_unet, with: {channels: [8, 24, 32], norm: group, classes: [NORMAL, PNEUMONIA]}}
  adam: {uses: optim.adam, with: {model: net}}
phases:
  train:
    nodes:
      chests: {uses: io.chest, with: {hospital: A, count: 8, batch: 4}}
      small: {uses: image.resize, in: chests.image, with: {size: 16}}
      batch: {uses: tensor.normalize, in: small, with: {model: net}}
      features: {uses: model.encode, in: batch, with: {model: net, mode: train}}
      logits: {uses: model.classify, in: features, with: {model: net}}
      loss: {uses: loss.cross_entropy, in: {logits: logits, label: chests.label}}
      total: {uses: loss.total, in: {terms: {classes: loss}}}
      step: {uses: train.step, in: total, with: {optimizer: adam}}
plan: {train: {phase: train, steps: "${steps}", checkpoint_every: 4}}
)");
}

Finished train(const TemporaryFolder& folder, const std::string& out) {
  return run_leat({"run", "train.yaml", "--device", "cpu:1", "--out", out}, folder.path());
}
Finished resume(const TemporaryFolder& folder, const std::string& run) { return run_leat({"run", "--resume", run}, folder.path()); }

void check_sentence(const Finished& finished, const std::string& begin, const std::string& end) {
  CAPTURE(finished.err);
  CHECK(finished.code == 1);
  const std::string line = finished.last_error_line();
  CHECK(line.starts_with(begin));
  CHECK(line.ends_with(end));
  CHECK(finished.err.find("error: ") == finished.err.rfind("error: "));
}

/// What two finished runs of one graph share: weights, moments, metrics, tables.
void check_same(const fs::path& one, const fs::path& other) {
  for (const char* file : {"checkpoints/last/net.safetensors", "checkpoints/last/adam.safetensors", "metrics.jsonl", "graph.yaml",
                           "predictions.csv", "masks/a.png"}) {
    CAPTURE(file);
    CHECK(fs::exists(one / file) == fs::exists(other / file));
    CHECK(text_of(one / file) == text_of(other / file));
  }
}

bool is_refused(const SmallDisk& disk) {
  if (!disk.why_not().empty()) MESSAGE("skipped, a small disk cannot be mounted here: " << disk.why_not());
  return !disk.why_not().empty();
}

}  // namespace

TEST_CASE("exit codes: 2 with the same text as `leat check` gives for a broken graph, 2 for an unknown option, 0 for a good one") {
  const fs::path here = LEAT_ERRORS;
  for (const char* name : {"cycle.yaml", "yaml_syntax.yaml", "resource_refused_class.yaml"}) {
    CAPTURE(name);
    std::istringstream graph(text_of(here / name));
    std::string expected, line;
    std::getline(graph, line);
    while (std::getline(graph, line) && line.starts_with("# ")) expected += line.substr(2) + "\n";
    TemporaryFolder folder;
    fs::create_directory_symlink(here / "data", folder / "data");
    fs::copy_file(here / name, folder / name);
    for (const char* command : {"check", "run"}) {
      const Finished finished = run_leat({command, name}, folder.path());
      CHECK(finished.code == 2);
      CHECK(finished.err == expected);
      CHECK(finished.out.empty());
      CHECK_FALSE(fs::exists(folder / "runs"));
    }
  }
  TemporaryFolder folder;
  put_pictures(folder, "b.png", picture(".png"));
  CHECK(run_leat({"check", "predict.yaml"}, folder.path()).code == 0);
  CHECK(run_leat({"check", "predict.yaml", "--thread"}, folder.path()).code == 2);
  CHECK(run_leat({"chekc"}, folder.path()).code == 2);
  const Finished missing = run_leat({"check", "gone.yaml"}, folder.path());
  CHECK(missing.code == 2);
  CHECK(missing.err.starts_with("gone.yaml:1:1: error: cannot read `gone.yaml`: No such file or directory\n"));
}

TEST_CASE("what a data set warns of is said by `check` at its place, and by `run` once") {
  TemporaryFolder folder;
  put_pictures(folder, "b.webp", "x");
  const std::string warning = "predict.yaml:2:13: warning: `pictures`: 1 of 4 files in `" + (folder / "images").string() +
                              "` is not read: `b.webp`\n"
                              "      resources: {pictures: {uses: io.split, with: {path: images}}}\n"
                              "                  ^\n";
  CHECK(run_leat({"check", "predict.yaml"}, folder.path()).err == warning);
  const Finished finished = run_leat({"run", "predict.yaml", "--out", "run"}, folder.path());
  CAPTURE(finished.err);
  CHECK(finished.code == 0);
  CHECK(finished.err.find(warning) == 0);
  CHECK(finished.err.find("b.webp") == finished.err.rfind("b.webp"));
}

TEST_CASE("a corrupt JPEG ends the run with its node, step, sample and place") {
  TemporaryFolder folder;
  put_pictures(folder, "b.jpg", corrupt_jpeg());
  const Finished finished = run_leat({"run", "predict.yaml", "--out", "run"}, folder.path());
  check_sentence(finished, "predict.yaml:7:7: error: `decoded` (image.decode) failed at step 0 of `predict`, slot 1, sample `b.jpg`: ",
                 "the JPEG cannot be decoded: bogus Huffman table definition");
  CHECK_FALSE(fs::exists(folder / "run/results.json"));
}

TEST_CASE("a corrupt JPEG with `on_error: skip` is a row with its reason, and no mask") {
  TemporaryFolder folder;
  put_pictures(folder, "b.jpg", corrupt_jpeg(), ", on_error: skip");
  const Finished finished = run_leat({"run", "predict.yaml", "--out", "run"}, folder.path());
  CAPTURE(finished.err);
  CHECK(finished.code == 0);
  const std::string table = text_of(folder / "run/predictions.csv");
  CAPTURE(table);
  CHECK(table.find("\na.png,ok,,masks/a.png,") != std::string::npos);
  CHECK(table.find("\nb.jpg,the JPEG cannot be decoded: bogus Huffman table definition,,,\n") != std::string::npos);
  CHECK(table.find("\nc.png,ok,,masks/c.png,") != std::string::npos);
  CHECK_FALSE(fs::exists(folder / "run/masks/b.png"));
  CHECK(fs::exists(folder / "run/masks/d.png"));
  CHECK(finished.err.find(
            "warning: `decoded` failed for 1 of 4 samples, which `on_error: skip` left out: step 0 of `predict`, slot 1, sample `b.jpg`: "
            "the JPEG cannot be decoded: bogus Huffman table definition\n") != std::string::npos);
}

TEST_CASE("a step whose images are all left out, and whose size is not known before the run, is skipped") {
  TemporaryFolder folder;
  put_pictures(folder, "d.png", cut_png(), ", on_error: skip");
  put(folder / "images/b.png", picture(".png"));
  put(folder / "network.yaml", R"(leat: 1
resources:
  pictures: {uses: io.split, with: {path: images}}
  net: {uses: model.multitask_unet, with: {channels: [8, 16, 32], classes: [A, B], masks: [lungs]}}
phases:
  predict:
    nodes:
      files: {uses: io.images, with: {split: pictures, batch: 3}}
      decoded: {uses: image.decode, in: files.file, on_error: skip}
      batch: {uses: tensor.normalize, in: decoded, with: {model: net}}
      features: {uses: model.encode, in: batch, with: {model: net}}
      classes: {uses: model.classify, in: features, with: {model: net}}
      probabilities: {uses: tensor.probabilities, in: classes}
      scores: {uses: tensor.scores, in: probabilities}
      lungs: {uses: model.segment, in: {features: features, image: batch}, with: {model: net}}
      shares: {uses: tensor.probabilities, in: lungs, with: {kind: sigmoid}}
      masks: {uses: tensor.images, in: {probabilities: shares, like: decoded}}
      pictures: {uses: write.image, in: {mask: masks}}
      table: {uses: write.csv, in: {probabilities: scores, mask: masks}}
plan: {then: [predict]}
)");
  const Finished finished = run_leat({"run", "network.yaml", "--device", "cpu:1", "--out", "run"}, folder.path());
  CAPTURE(finished.err);
  CHECK(finished.code == 0);
  const std::string table = text_of(folder / "run/predictions.csv");
  CAPTURE(table);
  for (const char* name : {"a", "b", "c"}) CHECK(table.find(std::string("\n") + name + ".png,ok,") != std::string::npos);
  CHECK(table.find("\nd.png,the PNG is truncated: it ends after ") != std::string::npos);
  CHECK_FALSE(fs::exists(folder / "run/masks/d.png"));
}

TEST_CASE("a truncated PNG and an empty file say what they are") {
  TemporaryFolder folder;
  put_pictures(folder, "b.png", cut_png());
  check_sentence(
      run_leat({"run", "predict.yaml"}, folder.path()),
      "predict.yaml:7:7: error: `decoded` (image.decode) failed at step 0 of `predict`, slot 1, sample `b.png`: the PNG is truncated: "
      "it ends after ",
      " bytes inside its chunk IDAT");
  put(folder / "images/b.png", "");
  check_sentence(run_leat({"run", "predict.yaml"}, folder.path()), "predict.yaml:7:7: error: `decoded`",
                 "sample `b.png`: the file is empty");
}

TEST_CASE("a full disk while a checkpoint is written: the one before stays whole, and with room the run goes on to the same weights") {
  TemporaryFolder folder;
  const SmallDisk disk(folder / "disk", 460);
  if (is_refused(disk)) return;
  put_training(folder);
  check_sentence(train(folder, "disk/run"), "error: cannot write disk/run/checkpoints/last.new/", ".safetensors: No space left on device");
  CHECK(fs::exists(folder / "disk/run/checkpoints/last/manifest.json"));
  // Still no room: it fails alike, and loses nothing.
  check_sentence(resume(folder, "disk/run"), "error: cannot write disk/run/", "No space left on device");
  disk.grow(4096);
  CHECK(resume(folder, "disk/run").code == 0);
  CHECK(train(folder, "reference").code == 0);
  check_same(folder / "reference", folder / "disk/run");
}

TEST_CASE("a run that is resumed before its first checkpoint keeps its seed and device") {
  TemporaryFolder folder;
  put_training(folder);
  const auto begun = [&](const std::string& out) {
    return run_leat({"run", "train.yaml", "--device", "cpu:1", "--seed", "5", "--out", out}, folder.path()).code;
  };
  REQUIRE(begun("reference") == 0);
  REQUIRE(begun("run") == 0);
  for (const char* name : {"checkpoints", "results.json", "metrics.jsonl", "events.log"}) fs::remove_all(folder / "run" / name);
  CHECK(run_leat({"run", "--resume", "run", "--seed", "6"}, folder.path()).last_error_line() ==
        "error: this run was begun with --seed 5, not 6");
  CHECK(resume(folder, "run").code == 0);
  check_same(folder / "reference", folder / "run");
  // A run of an earlier version does not state them.
  for (const char* name : {"checkpoints", "results.json", "metrics.jsonl", "events.log", "begun.json"})
    fs::remove_all(folder / "run" / name);
  CHECK(resume(folder, "run").last_error_line() ==
        "error: run has no checkpoint, and does not state its seed and device; name both with --seed and --device");
}

TEST_CASE("a full disk under metrics.jsonl or events.log: one sentence, and the run can be resumed") {
  for (const std::string name : {"metrics.jsonl", "events.log"}) {
    CAPTURE(name);
    TemporaryFolder folder;
    const SmallDisk disk(folder / "disk", 16);
    if (is_refused(disk)) return;
    put_training(folder);
    disk.fill_but(name == "events.log" ? 0 : 4);
    fs::create_directories(folder / "run");
    fs::create_symlink(folder / "disk" / name, folder / "run" / name);
    check_sentence(train(folder, "run"), "error: cannot write run/" + name, ": No space left on device");
    disk.grow(4096);
    if (fs::exists(folder / "run/graph.yaml")) CHECK(resume(folder, "run").code == 0);
    else CHECK(train(folder, "run").code == 0);
    CHECK(train(folder, "reference").code == 0);
    check_same(folder / "reference", folder / "run");
  }
}

TEST_CASE("a full disk under the run's folder, its table or its masks: the sentence names the file; later the run is whole") {
  for (const std::string name : {"", "predictions.csv", "masks"}) {
    CAPTURE(name);
    TemporaryFolder folder;
    const SmallDisk disk(folder / "disk", 16);
    if (is_refused(disk)) return;
    put_pictures(folder, "b.png", picture(".png"));
    CHECK(run_leat({"run", "predict.yaml", "--out", "reference"}, folder.path()).code == 0);
    const std::string out = name.empty() ? "disk/run" : "run";
    if (name == "masks") fs::create_directories(folder / "disk/masks");
    if (!name.empty()) {
      fs::create_directories(folder / "run");
      fs::create_symlink(folder / "disk" / name, folder / "run" / name);
    }
    disk.fill_but(0);
    const std::string begin = name.empty()
                                  ? "predict.yaml:2:13: error: `pictures` (io.split) failed at its opening: cannot write `disk/run/"
                              : name == "masks" ? "predict.yaml:9:7: error: `masks` (write.image) failed at step 0 of `predict`, slot "
                                                : "predict.yaml:10:7: error: `table` (write.csv) failed at step 0 of `predict`, slot 0, "
                                                  "sample `a.png`: cannot write `run/predictions.csv`";
    check_sentence(run_leat({"run", "predict.yaml", "--out", out}, folder.path()), begin, "No space left on device");
    CHECK_FALSE(fs::exists(folder / out / "results.json"));
    disk.grow(4096);
    if (fs::exists(folder / out / "graph.yaml")) CHECK(resume(folder, out).code == 0);
    else CHECK(run_leat({"run", "predict.yaml", "--out", out}, folder.path()).code == 0);
    check_same(folder / "reference", folder / out);
    for (const auto& entry : fs::recursive_directory_iterator(folder / out)) CHECK(entry.path().extension() != ".part");
  }
}

TEST_CASE("a folder that may not be written: one sentence, and its checkpoint stays") {
  TemporaryFolder folder;
  const SmallDisk disk(folder / "disk", 460);
  if (is_refused(disk)) return;
  put_training(folder);
  CHECK(train(folder, "disk/run").code == 1);
  const std::string weights = text_of(folder / "disk/run/checkpoints/last/net.safetensors");
  disk.forbid_writing();
  check_sentence(train(folder, "disk/other"), "error: cannot make the folder disk/other", ": Read-only file system");
  check_sentence(resume(folder, "disk/run"), "error: cannot write disk/run/lock", ": Read-only file system");
  CHECK(text_of(folder / "disk/run/checkpoints/last/net.safetensors") == weights);
  disk.grow(4096);
  CHECK(resume(folder, "disk/run").code == 0);
}

TEST_CASE("an interrupted run ends with 130 after a checkpoint and says how to go on") {
  TemporaryFolder folder;
  put_training(folder);
  Command command({"run", "train.yaml", "--device", "cpu:1", "--set", "steps=1000000", "--out", "run"}, folder.path());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (text_of(folder / "run/metrics.jsonl").empty() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  command.signal(SIGINT);
  const Finished finished = command.wait();
  CAPTURE(finished.err);
  CHECK(finished.code == 130);
  CHECK(finished.last_error_line().starts_with("interrupted after "));
  CHECK(finished.last_error_line().ends_with(" training steps; continue with: leat run --resume run"));
  CHECK(fs::exists(folder / "run/checkpoints/last/manifest.json"));
  CHECK_FALSE(fs::exists(folder / "run/results.json"));
}
