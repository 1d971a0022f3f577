#include <functional>
#include <map>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "support/command.h"
#include "support/doctest.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

// Folders as people have them: `leat data` says what they are, `leat new` writes a graph, which trains without an edit.

namespace fs = std::filesystem;
using namespace leat::test;
using leat::put;
using leat::TemporaryFolder;
using leat::text_of;

namespace {

/// Returns a disc on a ramp; its place and size depend on `index`.
cv::Mat picture(int index) {
  cv::Mat out(48, 56, CV_8U);
  for (int y = 0; y < out.rows; ++y)
    for (int x = 0; x < out.cols; ++x) out.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(30 + 2 * y + (index * 7 + x) % 11);
  cv::circle(out, {24 + index % 9, 20 + index % 7}, 6 + index % 5, cv::Scalar(220), cv::FILLED);
  return out;
}

cv::Mat disc(int index, int value, int extra = 0) {
  cv::Mat out(48, 56, CV_8U, cv::Scalar(0));
  cv::circle(out, {24 + index % 9, 20 + index % 7}, 6 + index % 5 + extra, cv::Scalar(value), cv::FILLED);
  return out;
}

void write(const fs::path& file, const cv::Mat& pixels) {
  fs::create_directories(file.parent_path());
  REQUIRE(cv::imwrite(file.string(), pixels));
}

std::string name_of(int index) { return (index < 10 ? "x0" : "x") + std::to_string(index); }

struct Wanted {
  std::vector<std::string> says;   ///< Parts of what `leat data` prints.
  std::vector<std::string> graph;  ///< Parts of the graph.
};

/// Looks at `folder/data`, writes a graph for it, checks it, and trains two steps.
void check_kind(const fs::path& folder, const Wanted& wanted) {
  const Finished data = run_leat({"data", "data"}, folder);
  CAPTURE(data.out);
  CAPTURE(data.err);
  REQUIRE(data.code == 0);
  for (const std::string& part : wanted.says) {
    CAPTURE(part);
    CHECK(data.out.find(part) != std::string::npos);
  }
  const Finished made = run_leat({"new", "g.yaml", "--data", "data"}, folder);
  CAPTURE(made.err);
  REQUIRE(made.code == 0);
  const std::string graph = text_of(folder / "g.yaml");
  CAPTURE(graph);
  for (const std::string& part : wanted.graph) {
    CAPTURE(part);
    CHECK(graph.find(part) != std::string::npos);
  }
  CHECK(std::count(graph.begin(), graph.end(), '\n') < 60);
  std::vector<std::string> run{"run", "g.yaml", "--out", "run", "--device", "cpu:2"};
  for (const std::string one : {"steps=2", "size=32"}) run.insert(run.end(), {"--set", one});
  if (graph.find("mask_size") != std::string::npos) run.insert(run.end(), {"--set", "mask_size=32"});
  const Finished ran = run_leat(run, folder);
  CAPTURE(ran.err);
  CHECK(ran.code == 0);
  const Finished predicted = run_leat({"predict", "run", "data", "--out", "predictions"}, folder);
  CAPTURE(predicted.err);
  CHECK(predicted.code == 0);
}

}  // namespace

TEST_CASE("new: folders of classes, with unlabelled pictures beside them") {
  const TemporaryFolder folder;
  for (int k = 0; k < 20; ++k) write(folder.path() / "data" / (k % 2 ? "sick" : "well") / (name_of(k) + ".png"), picture(k));
  for (int k = 20; k < 40; ++k) write(folder.path() / "data/unlabelled" / (name_of(k) + ".png"), picture(k));
  check_kind(folder.path(),
             {{"40 images", "classes   sick 10, well 10; unknown 20"}, {"unlabelled: {uses: learn_pseudo_labels}", "decoder: plain"}});
}

TEST_CASE("new: names that repeat in folders of classes are those of other patients") {
  const TemporaryFolder folder;
  for (int k = 0; k < 40; ++k) write(folder.path() / "data" / (k % 2 ? "sick" : "well") / (name_of(k / 2) + ".png"), picture(k));
  check_kind(folder.path(), {{"40 images", "patients  not stated"}, {}});
  // Where other names state a patient, these ones are of their own.
  for (int k = 0; k < 40; ++k)
    write(folder.path() / "data" / (k % 2 ? "sick" : "well") / ("p" + std::to_string(k / 4) + "_" + std::to_string(k) + ".png"),
          picture(k));
  const Finished data = run_leat({"data", "data"}, folder.path());
  CAPTURE(data.out);
  CHECK(data.out.find("80 images of 50 patients") != std::string::npos);
  CHECK(data.out.find("patients  50\n") != std::string::npos);
}

TEST_CASE("new: a list with some classes, and masks of different structures on different images") {
  const TemporaryFolder folder;
  std::string list = "filename,diagnosis\n";
  for (int k = 0; k < 40; ++k) write(folder.path() / "data/images" / (name_of(k) + (k % 3 ? ".png" : ".jpg")), picture(k));
  for (int k = 0; k < 12; ++k) list += name_of(k) + (k % 3 ? ".png" : ".jpg") + (k % 2 ? ",a\n" : ",b\n");
  put(folder.path() / "data/labels.csv", list);
  for (int k = 0; k < 8; ++k) write(folder.path() / "data/masks_lung" / (name_of(k) + ".png"), disc(k, 255));
  // Hearts are on other images than lungs.
  for (int k = 8; k < 14; ++k) write(folder.path() / "data/masks_heart" / (name_of(k) + ".png"), disc(k, 255));
  check_kind(folder.path(), {{"classes   a 6, b 6; unknown 28", "masks     heart 6, lung 8 of 40 images"},
                             {"structures: [\"heart\", \"lung\"]", "unmasked: {uses: learn_consistency}", "unlisted: read"}});
}

TEST_CASE("new: nnU-Net with two channels and regions") {
  const TemporaryFolder folder;
  const fs::path data = folder.path() / "data";
  for (int k = 0; k < 12; ++k) {
    write(data / "imagesTr" / (name_of(k) + "_0000.png"), picture(k));
    write(data / "imagesTr" / (name_of(k) + "_0001.png"), 255 - picture(k));
    write(data / "labelsTr" / (name_of(k) + ".png"), cv::max(disc(k, 1, 4), disc(k, 2)));
  }
  put(data / "dataset.json", R"({"channel_names": {"0": "a", "1": "b"}, "labels": {"background": 0, "whole": [1, 2], "core": 2},)"
                             R"( "regions_class_order": [1, 2], "numTraining": 12, "file_ending": ".png"})");
  check_kind(folder.path(), {{"a data set of nnU-Net, version 2, with 2 channels", "masks     whole 12, core 12 of 12 images"},
                             {"channels: as_is", "in_channels: 2", "structures: [\"whole\", \"core\"]"}});
  const Finished mosaic = run_leat({"data", "data", "--mosaic", "m.png"}, folder.path());
  CHECK(mosaic.code == 0);
  CHECK(mosaic.out.ends_with("the first images are in m.png, each by its first channel\n"));
  CHECK(fs::exists(folder.path() / "m.png"));
}

TEST_CASE("new: test images of nnU-Net are judged only if they have labels") {
  const TemporaryFolder folder;
  const fs::path data = folder.path() / "data";
  for (int k = 0; k < 16; ++k) {
    const std::string part = k < 12 ? "Tr" : "Ts";
    write(data / ("images" + part) / (name_of(k) + "_0000.png"), picture(k));
    write(data / ("images" + part) / (name_of(k) + "_0001.png"), 255 - picture(k));
    write(data / ("labels" + part) / (name_of(k) + ".png"), disc(k, 1));
  }
  put(data / "dataset.json", R"({"channel_names": {"0": "a", "1": "b"}, "labels": {"background": 0, "core": 1}, "numTraining": 12})");
  check_kind(folder.path(), {{"masks     core 12 of 12 images"}, {"rows: \"train\"", "rows: \"test\"", "structures: [\"core\"]"}});
  fs::remove_all(data / "labelsTs");
  const Finished made = run_leat({"new", "unlabelled.yaml", "--data", "data"}, folder.path());
  CHECK(made.code == 0);
  CHECK(made.err.find("4 images of the rows `test` have no labels, so they are not judged") != std::string::npos);
  const std::string graph = text_of(folder.path() / "unlabelled.yaml");
  CHECK(graph.find("rows: \"train\"") != std::string::npos);
  CHECK(graph.find("rows: \"test\"") == std::string::npos);
}

TEST_CASE("new: a datalist of MONAI") {
  const TemporaryFolder folder;
  std::string training, validation;
  for (int k = 0; k < 12; ++k) {
    write(folder.path() / "data/img" / (name_of(k) + ".png"), picture(k));
    write(folder.path() / "data/seg" / (name_of(k) + ".png"), disc(k, 255));
    std::string& to = k < 9 ? training : validation;
    to += std::string(to.empty() ? "" : ", ") + R"({"image": "img/)" + name_of(k) + R"(.png", "label": "seg/)" + name_of(k) + R"(.png"})";
  }
  put(folder.path() / "data/list.json", R"({"training": [)" + training + R"(], "validation": [)" + validation + "]}");
  check_kind(folder.path(), {{"guessed: the structure whose masks are in `mask` is called `mask`"}, {"rows: \"training\""}});
}

TEST_CASE("new: a German list with semicolons in Windows-1252") {
  const TemporaryFolder folder;
  std::string list =
      "Dateiname;Diagnose;Gr\xf6\xdf"
      "e\r\n";
  for (int k = 0; k < 20; ++k) {
    write(folder.path() / "data/Bilder" / (name_of(k) + ".png"), picture(k));
    list += name_of(k) + ".png;" + (k % 2 ? "entz\xfcndet" : "gesund") + ";1,5\r\n";
  }
  put(folder.path() / "data/Liste.csv", list);
  check_kind(folder.path(), {{"Windows-1252", "separated by `;`", "`Diagnose` is the class", "entzündet 10, gesund 10"},
                             {"classes: [\"gesund\", \"entzündet\"]"}});
}

TEST_CASE("new: findings like CheXpert's, with blanks, and folders of patients") {
  const TemporaryFolder folder;
  std::string list = "Path,Sex,Edema,Effusion\n";
  const char* const values[] = {"1.0", "0.0", "", "-1.0"};
  for (int k = 0; k < 40; ++k) {
    const std::string file = "train/patient000" + std::to_string(10 + k / 2) + "/study1/view" + std::to_string(k % 2) + ".jpg";
    write(folder.path() / "data" / file, picture(k));
    list += "data/" + file + ",Male," + values[k % 4] + "," + values[(k / 3) % 3] + "\n";
  }
  put(folder.path() / "data/train.csv", list);
  check_kind(folder.path(), {{"the findings are the columns `Edema` and `Effusion`", "patients  20", "Edema 10 yes, 10 no, 14 unknown"},
                             {"multi_label: true", "class_kind: sigmoid", "patient: \"patient[0-9]+/\""}});
}

TEST_CASE("new: colour pictures with label maps and unknown pixels") {
  const TemporaryFolder folder;
  for (int k = 0; k < 12; ++k) {
    cv::Mat colours, labels = cv::max(disc(k, 1, 4), disc(k, 2));
    cv::merge(std::vector<cv::Mat>{picture(k), 255 - picture(k), picture(k + 3)}, colours);
    labels.rowRange(0, 3).setTo(255);
    write(folder.path() / "data/images" / (name_of(k) + ".png"), colours);
    write(folder.path() / "data/labels" / (name_of(k) + ".png"), labels);
  }
  check_kind(folder.path(), {{"masks     label_1 12, label_2 12 of 12 images", "and 255 is unknown"},
                             {"channels: rgb", "in_channels: 3", "void: 255", "\"label_1=labels:1\""}});
}

TEST_CASE("new: 16-bit pictures that use a part of their range") {
  const TemporaryFolder folder;
  for (int k = 0; k < 20; ++k) {
    cv::Mat deep;
    picture(k).convertTo(deep, CV_16U, 16);
    write(folder.path() / "data" / (k % 2 ? "a" : "b") / (name_of(k) + ".png"), deep);
  }
  check_kind(folder.path(), {{"guessed: 20 of 20 images have more than 8 bit"}, {"pictures: deep"}});
}

TEST_CASE("new: test data that lacks a structure judges the others, and what judges nothing is said") {
  const TemporaryFolder folder;
  for (int k = 0; k < 12; ++k) {
    write(folder.path() / "data/images" / (name_of(k) + ".png"), picture(k));
    write(folder.path() / "data/masks_heart" / (name_of(k) + ".png"), disc(k, 255));
    write(folder.path() / "data/masks_lung" / (name_of(k) + ".png"), disc(k, 255, 4));
    write(folder.path() / "other/images" / (name_of(k) + ".png"), picture(k + 20));
    write(folder.path() / "other/masks_lung" / (name_of(k) + ".png"), disc(k + 20, 255, 4));
  }
  std::string list = "image,class\n";
  for (int k = 0; k < 12; ++k) list += name_of(k) + (k % 2 ? ".png,a\n" : ".png,b\n");
  put(folder.path() / "other/labels.csv", list);
  const Finished made = run_leat({"new", "g.yaml", "--data", "data", "--test", "other"}, folder.path());
  CAPTURE(made.err);
  REQUIRE(made.code == 0);
  CHECK(made.err == "guessed of other: not all labels are used, because its classes are `a`, `b`, and the network has none\n");
  CHECK(text_of(folder.path() / "g.yaml").find(R"(masks: ["heart=", "lung=masks_lung"])") != std::string::npos);
  const Finished ran =
      run_leat({"run", "g.yaml", "--out", "run", "--device", "cpu:2", "--set", "steps=2", "--set", "size=32", "--set", "mask_size=32"},
               folder.path());
  CAPTURE(ran.err);
  CHECK(ran.code == 0);
  const std::string results = text_of(folder.path() / "run/results.json");
  CHECK(results.find("dice_lung") != std::string::npos);
  // So do labels of images that are predicted.
  const Finished predicted = run_leat({"predict", "run", "other", "--out", "predictions"}, folder.path());
  CAPTURE(predicted.err);
  REQUIRE(predicted.code == 0);
  CHECK(predicted.err.find("some labels of other judge no prediction: its classes are `a`, `b`, and the network has none") !=
        std::string::npos);
  CHECK(predicted.err.find("the images have masks of their own, so the predictions are judged") != std::string::npos);
  CHECK(predicted.out.find("masks.dice_lung") != std::string::npos);
}

TEST_CASE("new: a label map of one structure, with unknown pixels") {
  const TemporaryFolder folder;
  for (int k = 0; k < 8; ++k) {
    cv::Mat labels = disc(k, 1);
    labels.rowRange(0, 3).setTo(255);
    write(folder.path() / "data/images" / (name_of(k) + ".png"), picture(k));
    write(folder.path() / "data/labels" / (name_of(k) + ".png"), labels);
  }
  const Finished data = run_leat({"data", "data"}, folder.path());
  CAPTURE(data.out);
  REQUIRE(data.code == 0);
  CHECK(data.out.find("its structures are called `label_1`, because nothing names them, and 255 is unknown") != std::string::npos);
}

TEST_CASE("data: copies of one image are named, also of another size, compressed again or inverted") {
  const TemporaryFolder folder;
  cv::RNG random(11);
  const auto blobs = [&random] {
    cv::Mat small(6, 6, CV_8U), out;
    random.fill(small, cv::RNG::UNIFORM, 0, 256);
    cv::resize(small, out, {120, 90}, 0, 0, cv::INTER_CUBIC);
    return out;
  };
  for (int k = 0; k < 12; ++k) write(folder.path() / "data" / (name_of(k) + ".png"), blobs());
  CHECK(run_leat({"data", "data"}, folder.path()).out.find("copies") == std::string::npos);
  const cv::Mat again = blobs();
  cv::Mat smaller;
  cv::resize(again, smaller, {61, 47}, 0, 0, cv::INTER_AREA);
  write(folder.path() / "data/y.png", again);
  write(folder.path() / "data/y_small.jpg", smaller);
  write(folder.path() / "data/z.png", 255 - again);
  const Finished finished = run_leat({"data", "data"}, folder.path());
  CAPTURE(finished.out);
  CHECK(finished.out.find("1 pair of images may be copies of one image: `y.png` and `y_small.jpg`\n") != std::string::npos);
  CHECK(finished.out.find(
            "2 pairs of images may be one image, with and without inversion: `y.png` and `z.png`; `y_small.jpg` and `z.png`\n") !=
        std::string::npos);
}

TEST_CASE("new: what is refused, and where") {
  const TemporaryFolder folder;
  const auto error_of = [&](const std::vector<std::string>& arguments) {
    const Finished finished = run_leat(arguments, folder.path());
    CHECK(finished.code == 2);
    return finished.err;
  };
  CHECK(error_of({"data", "nowhere"}) == "error: there is nothing at `nowhere`\n");
  for (int k = 0; k < 4; ++k) write(folder.path() / "plain" / (name_of(k) + ".png"), picture(k));
  CHECK(error_of({"new", "g.yaml", "--data", "plain"})
            .starts_with("error: the images have neither classes nor masks, so there is nothing to learn"));
  CHECK_FALSE(fs::exists(folder.path() / "g.yaml"));
  put(folder.path() / "plain/a.csv", "image,class\n");
  put(folder.path() / "plain/b.csv", "image,class\n");
  CHECK(error_of({"data", "plain"}).find("has several lists: `a.csv` and `b.csv`") != std::string::npos);
  for (const std::string one : {"one", "two"}) write(folder.path() / "several" / one / "images/a.png", picture(1));
  CHECK(error_of({"data", "several"}).find("holds several data sets") != std::string::npos);
  // Masks in two folders, neither of which names its structure.
  for (const std::string one : {"images", "masks", "labels"})
    for (int k = 0; k < 4; ++k) write(folder.path() / "unnamed" / one / (name_of(k) + ".png"), one == "images" ? picture(k) : disc(k, 255));
  CHECK(error_of({"data", "unnamed"}).find("the masks in `labels` and in `masks` would both be of `mask`") != std::string::npos);
  // Images of a list in two folders.
  for (const std::string one : {"images", "png"})
    for (int k = 0; k < 4; ++k) write(folder.path() / "twice" / one / (name_of(k) + ".png"), picture(k));
  put(folder.path() / "twice/list.csv", "image,class\nx00.png,a\nx01.png,b\n");
  CHECK(error_of({"data", "twice"}).find("the files of the list are in `") != std::string::npos);
  // Rows for the training under two names.
  write(folder.path() / "rows/x00.png", picture(0));
  write(folder.path() / "rows/x01.png", picture(1));
  put(folder.path() / "rows/list.csv", "image,class,split\nx00.png,a,train\nx01.png,b,training\n");
  CHECK(error_of({"data", "rows"}).find("the rows of the list are called `train` and `training`") != std::string::npos);
  // Test data that judges nothing.
  for (int k = 0; k < 8; ++k) {
    write(folder.path() / "good" / (k % 2 ? "a" : "b") / (name_of(k) + ".png"), picture(k));
    write(folder.path() / "others" / (k % 2 ? "A" : "B") / (name_of(k) + ".png"), picture(k));
    write(folder.path() / "loose" / (name_of(k) + ".png"), picture(k));
  }
  const auto error_of_test = [&](const std::string& test) { return error_of({"new", "h.yaml", "--data", "good", "--test", test}); };
  CHECK(error_of_test("others").ends_with(
      "cannot be test data: its classes are `A`, `B`, and the network has `a`, `b`; `A` must be called `a`; `B` must be called "
      "`b`\n"));
  CHECK(error_of_test("loose").ends_with("cannot be test data: its images have neither classes nor masks\n"));
  CHECK(error_of_test("good").ends_with("is the training data, so it cannot be the test data\n"));
  CHECK_FALSE(fs::exists(folder.path() / "h.yaml"));
  put(folder.path() / "g.yaml", "mine");
  CHECK(error_of({"new", "g.yaml", "--data", "plain"}) == "error: g.yaml exists already: name another file, or remove it\n");
  CHECK(text_of(folder.path() / "g.yaml") == "mine");
}
