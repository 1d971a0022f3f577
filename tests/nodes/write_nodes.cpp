#include <sys/stat.h>

#include <limits>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <set>

#include "io/disk_file.h"
#include "leat/csv.h"
#include "leat/image.h"
#include "leat/leat.h"
#include "leat/scores.h"
#include "support/graphs.h"
#include "support/pictures.h"
#include "support/small_data.h"
#include "write/appended_file.h"
#include "write/dataset_layout.h"
#include "write/prediction_row.h"

#include "support/doctest.h"
#include "support/observers.h"

void leat_register_leat_nodes_image(leat::Registry& registry);
void leat_register_leat_nodes_io(leat::Registry& registry);
void leat_register_leat_nodes_write(leat::Registry& registry);

using namespace leat;
using namespace leat::test;

namespace {

/// Predicts that a picture's gray level is the chance of the second class, and that it is the mask.
struct Predict final : Node {
  Input<Image> image{this, "image", "height x width, 8 bit. A gray picture."};
  Output<Scores> scores{this, "scores", "C, float. One number a class."};
  Output<Image> mask{this, "mask", "Any size, 8 bit."};

  void process(Frame& frame) const override {
    const float chance = static_cast<float>(cv::mean(frame[image].pixels)[0]) / 255;
    if (chance > .9f) frame.note("rather bright");
    frame.put(scores, {{1 - chance, chance}});
    frame.put(mask, frame[image]);
  }
};

/// Gives what comes out of a network where probabilities are wanted.
struct Logits final : Node {
  Input<Image> image{this, "image", "height x width, 8 bit. A gray picture."};
  Output<Scores> scores{this, "scores", "C, float. One number a class."};

  void process(Frame& frame) const override { frame.put(scores, {{-2, 3}}); }
};

/// Gives what comes out of a network whose weights are not numbers.
struct Odd final : Node {
  Input<Image> image{this, "image", "height x width, 8 bit. A gray picture."};
  Output<Scores> scores{this, "scores", "C, float. One number a class."};

  void process(Frame& frame) const override { frame.put(scores, {{1, std::numeric_limits<float>::quiet_NaN()}}); }
};

/// A mask of two structures.
struct Twice final : Node {
  Input<Image> mask{this, "mask", "Any size, 8 bit."};
  Output<Image> both{this, "both", "Any size, 8 bit."};

  void process(Frame& frame) const override {
    Image out = frame[mask];
    cv::merge(std::vector<cv::Mat>{out.pixels, out.pixels}, out.pixels);
    frame.put(both, std::move(out));
  }
};

Registry registry() {
  Registry out;
  leat_register_leat_nodes_image(out);
  leat_register_leat_nodes_io(out);
  leat_register_leat_nodes_write(out);
  detail::register_type<Logits>(out, "test.logits", "Gives logits.");
  detail::register_type<Odd>(out, "test.odd", "Gives what is no number.");
  detail::register_type<Twice>(out, "test.twice", "Makes a mask of two structures.");
  detail::register_type<Predict>(out, "test.predict", "Predicts gray levels.");
  return out;
}

std::string predicting(const std::filesystem::path& data, const std::string& writers) {
  return "leat: 1\nresources:\n  data: {uses: io.split, with: {path: '" + data.string() +
         "'}}\nphases:\n  predict:\n    nodes:\n"
         "      source: {uses: io.images, with: {split: data, batch: 3}}\n"
         "      decode: {uses: image.decode, in: {file: source.file}, on_error: skip}\n"
         "      small: {uses: image.resize, in: {image: decode.image}, with: {width: 32, height: 32}}\n"
         "      model: {uses: test.predict, in: {image: small}}\n" +
         writers + "plan: {then: [predict]}\n";
}

const std::string csv_writer =
    "      csv: {uses: write.csv, in: {probabilities: model.scores, mask: model.mask}, with: {classes: [well, \"sick, very\"], masks: "
    "[lungs]}}\n";

void run_into(const std::filesystem::path& folder, const std::string& text, int threads = 3) {
  RunOptions options;
  options.folder = folder;
  run_graph(registry(), text, threads, options);
}

/// Disc masks as pictures, one that cannot be decoded, in sub folders.
void put_discs(const std::filesystem::path& folder) {
  for (int k = 0; k < 7; ++k) {
    cv::Mat picture = cv::Mat::zeros(60 + 10 * k, 90, CV_8UC1);
    if (k > 0) cv::circle(picture, {45, 30}, 10 + k, 255, cv::FILLED);
    std::filesystem::create_directories(folder / (k % 2 ? "odd" : "even"));
    cv::imwrite((folder / (k % 2 ? "odd" : "even") / "x.png").replace_filename(std::to_string(k) + ".png").string(), picture);
  }
  put(folder / "even" / "broken.png", "no picture");
}

}  // namespace

TEST_CASE("append_at: cuts what a stopped run wrote after its checkpoint") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "deep" / "a.csv";
  std::int64_t length = append_at(file, 0, "head\n");
  length = append_at(file, length, "one\n");
  CHECK(append_at(file, length, "two\nthree\n") == 19);
  CHECK(append_at(file, length, "two\n") == 13);
  CHECK(text_of(file) == "head\none\ntwo\n");
  CHECK(append_at(file, 0, "new\n") == 4);
  CHECK(text_of(file) == "new\n");
  CHECK_THROWS_WITH((void)append_at(file, 9, "x"), ("`" + file.string() + "` has 4 bytes, but had 9 before").c_str());
  CHECK_THROWS_WITH((void)append_at(file / "b", 0, "x"), ("cannot write `" + (file / "b").string() + "`: Not a directory").c_str());
  CHECK_THROWS_WITH((void)append_at(folder.path(), 0, "x"), ("cannot write `" + folder.path().string() + "`: Is a directory").c_str());
  const auto pipe = folder.path() / "pipe.csv";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_THROWS_WITH((void)append_at(pipe, 0, "x"), ("cannot write `" + pipe.string() + "`: it is not a plain file").c_str());
}

TEST_CASE("prediction rows: columns, quoting, several labels, failures") {
  const PredictionTable table({{"a", "b,c"}, {"lungs"}, false, false, false});
  CHECK(table.header() == "image,status,class,probability_a,\"probability_b,c\",mask_lungs,warnings\n");
  CHECK(table.row({"x \"1\".png", "ok", {.25f, .75f}, {"masks/x.png"}, {"one", "two"}}) ==
        "\"x \"\"1\"\".png\",ok,\"b,c\",0.250000,0.750000,masks/x.png,one; two\n");
  CHECK(table.row({"x.png", "cannot be decoded", {}, {}, {}}) == "x.png,cannot be decoded,,,,,\n");
  CHECK(table.row({"x.png", "ok", {.5f, .5f}, {"m"}, {}}).starts_with("x.png,ok,a,"));
  CHECK_THROWS_WITH((void)table.row({"x.png", "ok", {.5f}, {}, {}}), "1 probabilities for 2 classes");
  const PredictionTable several({{"a", "b", "c"}, {}, true, false, false});
  CHECK(several.row({"x.png", "ok", {.51f, .5f, .9f}, {}, {}}) == "x.png,ok,a;c,0.510000,0.500000,0.900000,\n");
  CHECK(several.row({"x.png", "ok", {.1f, .2f, .3f}, {}, {}}).starts_with("x.png,ok,,"));
}

TEST_CASE("write.csv: one row an input in order, what cannot be read with its reason, however many threads") {
  const TemporaryFolder folder;
  put_discs(folder.path() / "data");
  std::vector<std::string> texts;
  for (const int threads : {1, 4}) {
    const auto run = folder.path() / std::to_string(threads);
    run_into(run, predicting(folder.path() / "data", csv_writer), threads);
    texts.push_back(text_of(run / "predictions.csv"));
  }
  CHECK(texts[0] == texts[1]);
  const CsvTable table = read_csv(texts[0]);
  CHECK(table.header ==
        std::vector<std::string>{"image", "status", "class", "probability_well", "probability_sick, very", "mask_lungs", "warnings"});
  REQUIRE(table.rows.size() == 8);
  CHECK(table.rows[0].fields[0] == "even/0.png");
  CHECK(table.rows[0].fields[1] == "ok");
  CHECK(table.rows[0].fields[5] == "masks/even/0.png");
  CHECK(table.rows[0].fields[6] == "no lungs found");
  CHECK(table.rows[4].fields[0] == "even/broken.png");
  CHECK(table.rows[4].fields[1] != "ok");
  CHECK_FALSE(table.rows[4].fields[1].empty());
  CHECK(table.rows[4].fields[2].empty());
  CHECK(table.rows[5].fields[0] == "odd/1.png");
}

TEST_CASE("write.csv: without masks there are no columns for them, and names have to match what is connected") {
  const TemporaryFolder folder;
  put_discs(folder.path() / "data");
  const auto writer = [](const std::string& in, const std::string& with) {
    return "      csv: {uses: write.csv, in: {" + in + "}, with: {" + with + "}}\n";
  };
  run_into(folder.path() / "run",
           predicting(folder.path() / "data", writer("probabilities: model.scores", "classes: [a, b], file: deep/p.csv")));
  CHECK(text_of(folder.path() / "run" / "deep" / "p.csv").starts_with("image,status,class,probability_a,probability_b,warnings\n"));
  const auto refused = [&](const std::string& in, const std::string& with) {
    return mistakes(registry(), predicting(folder.path() / "data", writer(in, with)));
  };
  CHECK(refused("probabilities: model.scores", "file: a.csv").find("nothing names the probabilities") != std::string::npos);
  CHECK(refused("mask: model.mask", "file: a.csv").find("nothing names the channels of `mask`") != std::string::npos);
  CHECK(refused("mask: model.mask", "masks: [a], classes: [b]").find("`probabilities` is not connected") != std::string::npos);
  const std::string logits = "      logits: {uses: test.logits, in: small}\n" + writer("probabilities: logits", "classes: [a, b]");
  CHECK_THROWS_WITH(run_into(folder.path() / "logits", predicting(folder.path() / "data", logits)),
                    doctest::Contains("a probability of -2.000000: of logits, `tensor.probabilities` makes some"));
  CHECK(refused("mask: small", "masks: [a, b]").find("`masks` has 2 names, but `mask` has 1 channel") != std::string::npos);
}

TEST_CASE("write.image: masks of 0 and 255 at the size of the file, and overlays") {
  const TemporaryFolder folder;
  put_discs(folder.path() / "data");
  run_into(
      folder.path() / "run",
      predicting(folder.path() / "data",
                 "      write: {uses: write.image, in: {mask: model.mask, image: decode.image}, with: {masks: [lungs], overlay: true}}\n"));
  for (int k = 0; k < 7; ++k) {
    const std::string name = std::string(k % 2 ? "odd/" : "even/") + std::to_string(k) + ".png";
    const cv::Mat source = cv::imread((folder.path() / "data" / name).string(), cv::IMREAD_GRAYSCALE);
    const cv::Mat mask = cv::imread((folder.path() / "run" / "masks" / name).string(), cv::IMREAD_UNCHANGED);
    REQUIRE(mask.size() == source.size());
    CHECK(mask.type() == CV_8UC1);
    CHECK(cv::countNonZero(mask == 0) + cv::countNonZero(mask == 255) == static_cast<int>(mask.total()));
    // Down to 32 x 32 and back: the border moves by a part of a small pixel, which is up to 3 x 4 of the file.
    CHECK(cv::countNonZero(mask != source) <= 150);
    CHECK(std::abs(cv::countNonZero(mask) - cv::countNonZero(source)) <= 60);
    const cv::Mat overlay = cv::imread((folder.path() / "run" / "overlays" / name).string(), cv::IMREAD_UNCHANGED);
    REQUIRE(overlay.type() == CV_8UC3);
    CHECK(overlay.size() == source.size());
  }
  CHECK_FALSE(std::filesystem::exists(folder.path() / "run" / "masks" / "even" / "broken.png"));
  CHECK(
      mistakes(registry(), predicting(folder.path() / "data",
                                      "      write: {uses: write.image, in: {mask: model.mask}, with: {masks: [lungs], overlay: true}}\n"))
          .find("`overlay: true` needs the input `image`") != std::string::npos);
}

TEST_CASE("write.image: a folder that cannot be written is one sentence with the file") {
  const TemporaryFolder folder;
  put_discs(folder.path() / "data");
  put(folder.path() / "run" / "masks", "a file in the way");
  try {
    run_into(folder.path() / "run",
             predicting(folder.path() / "data", "      write: {uses: write.image, in: {mask: model.mask}, with: {masks: [lungs]}}\n"));
    FAIL("it wrote into a file");
  } catch (const NodeError& error) {
    CHECK(error.cause.starts_with("cannot write `" + (folder.path() / "run" / "masks").string()));
  }
}

TEST_CASE("write.mosaic: the first images, with outlines in the order of their names") {
  const TemporaryFolder folder;
  put_discs(folder.path() / "data");
  const std::string writer =
      "      page: {uses: write.mosaic, in: {image: small, outlines: {reference: model.mask, twin: small}}, with: {count: 4, columns: 2, "
      "scale: 3}}\n";
  run_into(folder.path() / "run", predicting(folder.path() / "data", writer));
  const cv::Mat page = cv::imread((folder.path() / "run" / "mosaic.png").string(), cv::IMREAD_UNCHANGED);
  REQUIRE(page.type() == CV_8UC3);
  CHECK(page.cols >= 4 + 2 * (3 * 32 + 4));
  CHECK(page.rows >= 4 + 2 * (3 * 32 + 18 + 4) + 18);
  // Fewer images than tiles: written when the phase ends; without outlines there is no legend.
  run_into(folder.path() / "few",
           predicting(folder.path() / "data",
                      "      page: {uses: write.mosaic, in: {image: small}, with: {count: 100, captions: false, file: a/b.png}}\n"));
  const cv::Mat few = cv::imread((folder.path() / "few" / "a" / "b.png").string(), cv::IMREAD_UNCHANGED);
  CHECK(few.size() == cv::Size(4 + 4 * 36, 4 + 2 * 36));
}

TEST_CASE("dataset layouts: names and folders") {
  CHECK(dataset_path({.id = "a/b.png", .file = "f"}) == "a/b.png");
  CHECK(dataset_path({.id = "a_b.png", .file = "f"}) == "a_b.png");
  CHECK(dataset_path({.id = "A/labelled/0003"}) == "A_labelled_0003.png");
  std::map<std::string, std::string> whose;
  for (const char* id : {"a/b", "a_b", "a%_b", "a%5Fb", "a/b_", "a_b/", "a%", "a%%", "a", "/a", "_a", "%_a", "a//b", "a/_b", "a_/b",
                         "a.png", "a.jpg", "a.jpg.png"}) {
    const auto [first, is_new] = whose.emplace(dataset_path({.id = id}).string(), id);
    CHECK_MESSAGE(is_new, id << " and " << first->second << " share " << first->first);
    CHECK(first->first.find('/') == std::string::npos);
  }
  const auto places = mask_places({"lungs", "heart"});
  CHECK(places[0].folder == "masks");
  CHECK(places[0].column == "mask");
  CHECK(places[1].folder == "masks_heart");
  CHECK(places[1].column == "mask_heart");
}

TEST_CASE("write.dataset: class folders and lists of masks are read back as they were") {
  const TemporaryFolder folder;
  const std::string text =
      "leat: 1\nphases:\n  test:\n    nodes:\n"
      "      chest: {uses: io.chest, with: {hospital: A, split: test, count: 6, batch: 2}}\n"
      "      classes: {uses: write.dataset, in: {image: chest.image, label: chest.label}, with: {classes: [NORMAL, PNEUMONIA], folder: "
      "chex}}\n"
      "      masks: {uses: write.dataset, in: {image: chest.image, mask: chest.mask}, with: {layout: masks, masks: [lungs], folder: jsrt, "
      "rows: test}}\n"
      "plan: {then: [test]}\n";
  run_into(folder.path(), text);
  const auto chex = made_split(folder.path() / "chex", "");
  CHECK(chex->class_names() == std::vector<std::string>{"NORMAL", "PNEUMONIA"});
  CHECK(chex->entries().size() == 6);
  CHECK(chex->entries()[0].id == "NORMAL/A_test_0000.png");
  CHECK(chex->entries()[0].size == PictureSize{64, 64});
  const auto jsrt = made_split(folder.path() / "jsrt", "masks: [lungs], rows: test");
  REQUIRE(jsrt->entries().size() == 6);
  CHECK(jsrt->entries()[2].id == "images/A_test_0002.png");
  CHECK(jsrt->entries()[2].masks[0][0] == folder.path() / "jsrt" / "masks" / "A_test_0002.png");
  CHECK(mistakes(registry(),
                 "leat: 1\nphases:\n  test:\n    nodes:\n      chest: {uses: io.chest, with: {hospital: A, count: 6}}\n"
                 "      out: {uses: write.dataset, in: {image: chest.image}}\nplan: {then: [test]}\n")
            .find("`layout: classes` needs the input `label`") != std::string::npos);
}

namespace {

/// Pictures of one value each, some of whose names are equal but for what is often left out of them; and the files in the way of others.
const std::map<std::string, int> likely_twins{{"x.jpg", 10},        {"x.png", 20},        {"x.jpg.png", 30},   {"a/b.png", 40},
                                              {"a_b.png", 50},      {"y.png", 60},        {"y_lungs.png", 70}, {"x.jpg.png.jpg", 80},
                                              {"x.png.bmp", 90},    {"50%.png", 100},     {"50%25.png", 110},  {"z,\"\n.png", 120},
                                              {"b\xF6se.png", 130}, {"b\xE4se.png", 140}, {"x.PNG", 150}};

void put_twins(const std::filesystem::path& folder) {
  // A JPEG of one value is that value again.
  for (const auto& [name, value] : likely_twins) put_picture(folder / name, value, {16, 16});
}

/// Each picture's value by the file, below a folder.
std::map<std::string, int> values_below(const std::filesystem::path& folder) {
  std::map<std::string, int> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      out[entry.path().lexically_relative(folder).generic_string()] =
          cv::imread(entry.path().string(), cv::IMREAD_GRAYSCALE).at<std::uint8_t>(3, 3);
  return out;
}

std::set<int> values_of(const std::map<std::string, int>& by_name) {
  std::set<int> out;
  for (const auto& [name, value] : by_name) out.insert(value);
  return out;
}

}  // namespace

TEST_CASE("write.dataset: as many pictures, masks and rows as images, whatever these are called, and a data set that io.split reads") {
  const TemporaryFolder folder;
  put_twins(folder.path() / "data");
  const auto run = folder.path() / "run";
  run_into(run, predicting(folder.path() / "data",
                           "      set: {uses: write.dataset, in: {image: small, mask: small}, with: {layout: masks, masks: [lungs]}}\n"));
  const std::set<int> wanted = values_of(likely_twins);
  CHECK(values_below(run / "dataset" / "images").size() == likely_twins.size());
  CHECK(values_of(values_below(run / "dataset" / "images")) == wanted);
  CHECK(values_below(run / "dataset" / "masks") == values_below(run / "dataset" / "images"));
  const auto split = made_split(run / "dataset", "masks: [lungs]");
  REQUIRE(split->entries().size() == likely_twins.size());
  std::set<int> read;
  for (const SplitEntry& entry : split->entries()) {
    const int value = cv::imread(entry.file.string(), cv::IMREAD_GRAYSCALE).at<std::uint8_t>(3, 3);
    CHECK(cv::imread(entry.masks.at(0).at(0).string(), cv::IMREAD_GRAYSCALE).at<std::uint8_t>(3, 3) == value);
    read.insert(value);
  }
  CHECK(read == wanted);
}

TEST_CASE("write.dataset: class folders have a file for each image of the class, and no name that cannot be a class folder's") {
  const TemporaryFolder folder;
  put_twins(folder.path() / "data" / "NORMAL");
  put_picture(folder.path() / "data" / "SICK" / "x.png", 200, {16, 16});
  put_picture(folder.path() / "data" / "SICK" / "SICK" / "x.png", 210, {16, 16});
  put_picture(folder.path() / "data" / "SICK" / "NORMAL" / "x.png", 220, {16, 16});
  const auto writer = [](const std::string& classes) {
    return "      set: {uses: write.dataset, in: {image: small, label: source.label}, with: {classes: [" + classes + "]}}\n";
  };
  run_into(folder.path() / "run", predicting(folder.path() / "data", writer("NORMAL, SICK")));
  CHECK(values_of(values_below(folder.path() / "run" / "dataset" / "NORMAL")) == values_of(likely_twins));
  CHECK(values_of(values_below(folder.path() / "run" / "dataset" / "SICK")) == std::set<int>{200, 210, 220});
  const auto split = made_split(folder.path() / "run" / "dataset", "");
  CHECK(split->entries().size() == likely_twins.size() + 3);
  CHECK(split->class_names() == std::vector<std::string>{"NORMAL", "SICK"});
  for (const std::string name : {"a/b", ".hidden", "__MACOSX", ".."}) {
    const auto list = folder.path() / "data" / "list.csv";
    put(list, "image,class\nSICK/x.png,NORMAL\nSICK/SICK/x.png," + name + "\n");
    CHECK(mistakes(registry(), predicting(list, writer("NORMAL, '" + name + "'")))
              .find("`" + name + "` cannot be the name of a data set's folder") != std::string::npos);
  }
}

TEST_CASE("write.image and write.csv: each image has a mask of its own, which its row names, whatever the list's columns are") {
  const TemporaryFolder folder;
  const auto data = folder.path() / "data";
  put_twins(data);
  std::string list = "image,stem,mask_path,id\n";
  for (const auto& [name, value] : likely_twins) list += csv_field(name) + ",CXR,masks/CXR.png,CXR\n";
  put(data / "list.csv", list);
  const std::string writers =
      "      write: {uses: write.image, in: {mask: model.mask, image: decode.image}, with: {masks: [lungs], overlay: true}}\n" + csv_writer;
  for (const bool is_list : {false, true}) {
    const auto run = folder.path() / (is_list ? "listed" : "found");
    run_into(run, predicting(is_list ? data / "list.csv" : data, writers));
    const CsvTable table = read_csv(text_of(run / "predictions.csv"));
    REQUIRE(table.rows.size() == likely_twins.size());
    std::set<std::string> ids, masks;
    for (const CsvTable::Row& row : table.rows) {
      CHECK(row.fields[1] == "ok");
      ids.insert(row.fields[0]);
      masks.insert(row.fields[5]);
      const int value = likely_twins.at(row.fields[0]);
      const cv::Mat mask = cv::imread((run / row.fields[5]).string(), cv::IMREAD_GRAYSCALE);
      REQUIRE(mask.size() == cv::Size(16, 16));
      CHECK(mask.at<std::uint8_t>(3, 3) == (value >= 128 ? 255 : 0));
    }
    CHECK(ids.size() == likely_twins.size());
    CHECK(masks.size() == likely_twins.size());
    CHECK(values_below(run / "masks").size() == likely_twins.size());
    CHECK(values_below(run / "overlays").size() == likely_twins.size());
  }
}

TEST_CASE("write.image: a structure of one image is not the mask of another image, and no two structures have one name") {
  const TemporaryFolder folder;
  const auto data = folder.path() / "data";
  for (const char* name : {"x.png", "x_left.png", "x_left_lung.png", "left_lung.png"}) put_picture(data / name, 200, {16, 16});
  const auto writer = [](const std::string& masks) {
    return "      both: {uses: test.twice, in: model.mask}\n      write: {uses: write.image, in: {mask: both}, with: {masks: [" + masks +
           "]}}\n";
  };
  run_into(folder.path() / "run", predicting(data, writer("lung, left_lung")));
  CHECK(values_below(folder.path() / "run" / "masks").size() == 8);
  CHECK(mistakes(registry(), predicting(data, writer("lung, lung"))).find("`masks` has `lung` twice") != std::string::npos);
}

TEST_CASE("writers: a file name of 255 bytes works, and so does one that a suffix makes too long") {
  const TemporaryFolder folder;
  const auto data = folder.path() / "data";
  std::set<std::string> names;
  for (const std::size_t length : {250u, 251u, 252u, 255u})
    for (const std::string end : {"a.png", "b.png", "\xE8\x82\xBA.jpg"}) names.insert(std::string(length - end.size(), 'n') + end);
  for (const std::string& name : names) put_picture(data / name, 200, {16, 16});
  run_into(folder.path() / "run",
           predicting(data,
                      "      both: {uses: test.twice, in: model.mask}\n"
                      "      write: {uses: write.image, in: {mask: both}, with: {masks: [lung, 'a structure with a rather long name']}}\n"
                      "      one: {uses: write.image, in: {mask: model.mask}, with: {masks: [lung], folder: one}}\n"
                      "      set: {uses: write.dataset, in: {image: small, mask: small}, with: {layout: masks, masks: [lungs]}}\n" +
                          csv_writer));
  CHECK(values_below(folder.path() / "run" / "masks").size() == 2 * names.size());
  CHECK(values_below(folder.path() / "run" / "one").size() == names.size());
  CHECK(made_split(folder.path() / "run" / "dataset", "masks: [lungs]")->entries().size() == names.size());
  const CsvTable table = read_csv(text_of(folder.path() / "run" / "predictions.csv"));
  REQUIRE(table.rows.size() == names.size());
  for (const CsvTable::Row& row : table.rows) {
    CHECK(names.contains(row.fields[0]));
    CHECK(std::filesystem::exists(folder.path() / "run" / "one" / std::filesystem::path(row.fields[5]).filename()));
  }
}

TEST_CASE("write_whole_file: a name to which nothing can be added is written as others are") {
  const TemporaryFolder folder;
  for (const std::size_t length : {1u, 250u, 251u, 255u}) {
    const auto file = folder.path() / "a" / std::string(length, 'x');
    write_whole_file(file, "one");
    write_whole_file(file, "other");
    CHECK(text_of(file) == "other");
  }
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path() / "a"), {}) == 4);
}

TEST_CASE("write.csv: an image whose probabilities are not numbers has a row that says so") {
  const TemporaryFolder folder;
  put_discs(folder.path() / "data");
  run_into(folder.path() / "run", predicting(folder.path() / "data",
                                             "      odd: {uses: test.odd, in: small}\n"
                                             "      csv: {uses: write.csv, in: {probabilities: odd, mask: model.mask}, with: "
                                             "{classes: [a, b], masks: [lungs]}}\n"));
  const CsvTable table = read_csv(text_of(folder.path() / "run" / "predictions.csv"));
  REQUIRE(table.rows.size() == 8);
  for (const CsvTable::Row& row : table.rows)
    if (row.fields[0] != "even/broken.png")
      CHECK(std::vector(row.fields.begin() + 1, row.fields.end()) ==
            std::vector<std::string>{"its probabilities are not finite", "", "", "", "", ""});
}

TEST_CASE("writers: a run that was stopped and resumed leaves the same files, whatever was written after its checkpoint") {
  const TemporaryFolder folder;
  put_discs(folder.path() / "data");
  std::filesystem::remove(folder.path() / "data" / "even" / "broken.png");
  const std::string text =
      "leat: 1\nresources:\n  data: {uses: io.split, with: {path: '" + (folder.path() / "data").string() +
      "'}}\nphases:\n  train:\n    nodes:\n"
      "      source: {uses: io.images, with: {split: data, batch: 3}}\n"
      "      decode: {uses: image.decode, in: {file: source.file}}\n"
      "      small: {uses: image.resize, in: {image: decode.image}, with: {width: 32, height: 32}}\n"
      "      model: {uses: test.predict, in: {image: small}}\n"
      "      csv: {uses: write.csv, in: {probabilities: model.scores}, with: {classes: [a, b]}}\n"
      "      page: {uses: write.mosaic, in: {image: small, outlines: {own: model.mask}}, with: {count: 100}}\n"
      "      pairs: {uses: write.dataset, in: {image: small, mask: model.mask}, with: {layout: masks, masks: [lungs]}}\n"
      "plan: {train: {phase: train, steps: 60, checkpoint_every: 2}}\n";
  const Registry all = registry();
  const auto run_once = [&](const std::filesystem::path& into, std::int64_t stop_at, bool resumes) {
    Program program = build(all, text);
    RunOptions options;
    options.folder = into;
    options.resumes = resumes;
    Run* running = nullptr;
    OnStep stop([&](const Progress& progress) {
      if (progress.step == stop_at) running->stop();
    });
    options.observers = {{&stop, Hears::Steps}};
    Run run(program, make_thread_lane(), make_test_executor(3), options);
    running = &run;
    return run.run();
  };
  CHECK_FALSE(run_once(folder.path() / "whole", -1, false).was_interrupted);
  CHECK(run_once(folder.path() / "parts", 3, false).was_interrupted);
  const auto table = folder.path() / "parts" / "predictions.csv";
  CHECK(text_of(table).size() < text_of(folder.path() / "whole" / "predictions.csv").size());
  put(table, text_of(table) + "written by a run that was killed\n");
  CHECK_FALSE(run_once(folder.path() / "parts", -1, true).was_interrupted);
  for (const char* name : {"predictions.csv", "mosaic.png", "dataset/split.csv"})
    CHECK_MESSAGE(text_of(folder.path() / "parts" / name) == text_of(folder.path() / "whole" / name), name);
  CHECK(read_csv(text_of(table)).rows.size() == 180);
}

TEST_CASE("prediction rows: columns of the disagreement of several networks") {
  const PredictionTable table({{"a", "b"}, {"lungs", "heart"}, false, true, true});
  CHECK(table.header() ==
        "image,status,class,probability_a,probability_b,mask_lungs,mask_heart,disagreement,disagreement_mask_lungs,disagreement_mask_heart,"
        "warnings\n");
  // The column is that of the class in the row.
  CHECK(table.row({"x.png", "ok", {.25f, .75f}, {"l.png", "h.png"}, {}, {.125f, .5f}, {0, .25f}}) ==
        "x.png,ok,b,0.250000,0.750000,l.png,h.png,0.500000,0.000000,0.250000,\n");
  CHECK(table.row({"x.png", "cannot be decoded", {}, {}, {}}) == "x.png,cannot be decoded,,,,,,,,,\n");
  const PredictionTable several({{"a", "b"}, {}, true, true, false});
  CHECK(several.header() == "image,status,class,probability_a,probability_b,disagreement_a,disagreement_b,warnings\n");
  CHECK(several.row({"x.png", "ok", {.25f, .75f}, {}, {}, {.125f, .5f}}) == "x.png,ok,b,0.250000,0.750000,0.125000,0.500000,\n");
}
