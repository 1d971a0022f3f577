#include <fstream>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "support/command.h"
#include "support/doctest.h"
#include "support/temporary_folder.h"

// Trainings on colours, on 16 bit and on floats, and what a check says where depths or channels do not fit.

namespace fs = std::filesystem;
using namespace leat::test;

namespace {

constexpr const char* graph = R"(leat: 1
params: {PARAMS}
resources:
  data: {uses: io.split, with: {path: pictures, validation: 4, shares_with: [masks]}}
  masks: {uses: io.split, with: {path: pictures, masks: [disc=../masks]}}
  net: {uses: model.multitask_unet, with: {channels: [4, 8], in_channels: "${in_channels}", mean: "${mean}", deviation: "${deviation}", classes: [red, blue], masks: [disc], bridge: {join: deepest, scale: max}}}
  adam: {uses: optim.adam, with: {model: net, lr: 0.02}}
templates:
  plain:
    inputs: [file]
    outputs: {image: small.resized}
    nodes:
      decoded: {uses: image.decode, in: file, with: {channels: "${channels}", depth: "${depth}"}}
      small: {uses: image.resize, in: decoded, with: {size: 16}}
  windowed:
    inputs: [file]
    outputs: {image: small.resized}
    nodes:
      decoded: {uses: image.decode, in: file, with: {channels: "${channels}", depth: "${depth}"}}
      small: {uses: image.resize, in: windowed, with: {size: 16}}
      windowed: {uses: image.window, in: decoded, with: {depth: "${window}", from: "${from}"}}
phases:
  train:
    nodes:
      images: {uses: io.images, with: {split: data, part: labelled, batch: 4}}
      seen: {uses: "${chain}", in: images.file}
      weak: {uses: augment.weak, in: seen}
      strong: {uses: augment.strong, in: weak}
      toned: {uses: augment.intensity, in: strong}
      batch: {uses: tensor.normalize, in: toned, with: {model: net, constants: "${constants}"}}
      features: {uses: model.encode, in: batch, with: {model: net}}
      logits: {uses: model.classify, in: features, with: {model: net}}
      ce: {uses: loss.cross_entropy, in: {logits: logits, label: images.label}}
      pairs: {uses: io.masks, with: {split: masks, batch: 4}}
      seen_pairs: {uses: "${chain}", in: pairs.file}
      moved: {uses: augment.affine, in: {image: seen_pairs, mask: small_masks}}
      small_masks: {uses: image.resize, in: pairs.mask, with: {size: 16, method: nearest}}
      pair_batch: {uses: tensor.normalize, in: moved.image, with: {model: net}}
      pair_masks: {uses: tensor.masks, in: moved.mask}
      pair_features: {uses: model.encode, in: pair_batch, with: {model: net}}
      saliency: {uses: model.saliency, in: pair_batch, with: {model: net}}
      discs: {uses: model.segment, in: {features: pair_features, image: pair_batch, saliency: saliency}, with: {model: net}}
      dice: {uses: loss.dice, in: {logits: discs, mask: pair_masks}}
      loss: {uses: loss.total, in: {terms: {ce: ce, dice: dice}}}
      step: {uses: train.step, in: loss, with: {optimizer: adam}}
  test:
    nodes:
      images: {uses: io.images, with: {split: data, part: validation, batch: 4}}
      seen: {uses: "${chain}", in: images.file}
      batch: {uses: tensor.normalize, in: seen, with: {model: net}}
      features: {uses: model.encode, in: batch, with: {model: net}}
      logits: {uses: model.classify, in: features, with: {model: net}}
      classes: {uses: metric.classification, in: {logits: logits, label: images.label, picture: seen}}
      saliency: {uses: model.saliency, in: batch, with: {model: net}}
      discs: {uses: model.segment, in: {features: features, image: batch, saliency: saliency}, with: {model: net}}
      likely: {uses: tensor.probabilities, in: discs, with: {kind: sigmoid}}
      found: {uses: tensor.images, in: {probabilities: likely, like: seen}}
      written: {uses: write.image, in: {mask: found, image: seen}, with: {overlay: true}}
      mosaic: {uses: write.mosaic, in: {image: seen, outlines: {disc: found}}}
      set: {uses: write.dataset, in: {image: seen, label: images.label}}
      grays: {uses: metric.intensities, in: seen}
plan:
  train: {phase: train, steps: 6}
  then: [test]
  keep_results: 1MB
)";

/// Red and blue discs of one luma, in colours of 8 or 16 bit, or gray discs of another size.
void put_data(const fs::path& folder, int type, const std::string& ending = ".png") {
  for (const char* name : {"pictures/red", "pictures/blue", "masks/red", "masks/blue"}) fs::create_directories(folder / name);
  const double unit = CV_MAT_DEPTH(type) == CV_16U ? 16 : CV_MAT_DEPTH(type) == CV_32F ? 3.5 : 1;
  for (int k = 0; k < 16; ++k) {
    const bool is_red = k % 2 == 0;
    const int radius = CV_MAT_CN(type) == 3 ? 6 : is_red ? 4 : 9;
    cv::Mat picture(24, 30, type, cv::Scalar::all(20 * unit)), mask = cv::Mat::zeros(24, 30, CV_8U);
    const cv::Scalar colour = CV_MAT_CN(type) == 1 ? cv::Scalar(200) : is_red ? cv::Scalar(30, 60, 200) : cv::Scalar(220, 120, 40);
    cv::circle(picture, {12 + k % 5, 11}, radius, colour * unit, cv::FILLED);
    cv::circle(mask, {12 + k % 5, 11}, radius, cv::Scalar(255), cv::FILLED);
    const std::string name = std::string(is_red ? "red/" : "blue/") + std::to_string(k);
    cv::imwrite((folder / "pictures" / (name + ending)).string(), picture);
    cv::imwrite((folder / "masks" / (name + ".png")).string(), mask);
  }
}

using Settings = std::map<std::string, std::string>;

/// Writes the graph with these parameters, and runs a command with it.
Finished leat_with(const std::string& command, const fs::path& folder, Settings settings) {
  settings.merge(Settings{{"channels", "gray"},
                          {"depth", "8"},
                          {"in_channels", "1"},
                          {"mean", "0.45"},
                          {"deviation", "0.25"},
                          {"constants", "[]"},
                          {"window", "8"},
                          {"from", "percentiles"},
                          {"chain", "plain"}});
  std::string params, text = graph;
  for (const auto& [name, value] : settings) params += (params.empty() ? "" : ", ") + name + ": " + value;
  text.replace(text.find("PARAMS"), 6, params);
  std::ofstream(folder / "graph.yaml") << text;
  std::vector<std::string> words{command, "graph.yaml"};
  if (command == "run") words.insert(words.end(), {"--out", "run"});
  return run_leat(words, folder);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const Settings colours{{"channels", "rgb"}, {"in_channels", "3"}, {"mean", "[0.4, 0.3, 0.35]"}};

}  // namespace

TEST_CASE("a network trains on colours, with a mean for each channel, and its test writes pictures in colour") {
  const leat::TemporaryFolder folder;
  put_data(folder.path(), CV_8UC3);
  const Finished run = leat_with("run", folder.path(), colours);
  CAPTURE(run.err);
  REQUIRE(run.code == 0);
  CHECK_FALSE(has(run.err, "warning"));
  const fs::path out = folder / "run";
  // Red stays red.
  int seen = 0;
  for (const auto& file : fs::recursive_directory_iterator(out / "dataset" / "red")) {
    if (!file.is_regular_file()) continue;
    const cv::Mat picture = cv::imread(file.path().string(), cv::IMREAD_UNCHANGED);
    REQUIRE(picture.type() == CV_8UC3);
    CHECK(picture.at<cv::Vec3b>(7, 7)[2] > picture.at<cv::Vec3b>(7, 7)[0] + 100);
    ++seen;
  }
  CHECK(seen > 0);
  CHECK(cv::imread((out / "mosaic.png").string(), cv::IMREAD_UNCHANGED).type() == CV_8UC3);
  std::ifstream weights(out / "checkpoints/last/net.safetensors", std::ios::binary);
  std::string head(4096, ' ');
  weights.read(head.data(), 4096);
  CHECK(has(head, R"("model.in_channels":"3")"));
  CHECK(has(head, R"("model.mean":"[0.4, 0.3, 0.35]")"));
}

TEST_CASE("a network trains on 16 bit, and a warning says that little of the range is used unless a window is put before") {
  const leat::TemporaryFolder folder;
  put_data(folder.path(), CV_16UC1);
  const Finished plain = leat_with("run", folder.path(), {{"depth", "16"}});
  CAPTURE(plain.err);
  REQUIRE(plain.code == 0);
  CHECK(has(plain.err, "some 16-bit images use less than a quarter of 0..65535"));
  fs::remove_all(folder / "run");
  const Finished windowed = leat_with("run", folder.path(), {{"depth", "as_is"}, {"chain", "windowed"}, {"window", "16"}});
  CAPTURE(windowed.err);
  REQUIRE(windowed.code == 0);
  CHECK_FALSE(has(windowed.err, "quarter"));
  for (const auto& file : fs::recursive_directory_iterator(folder / "run/dataset/red"))
    if (file.is_regular_file()) CHECK(cv::imread(file.path().string(), cv::IMREAD_UNCHANGED).type() == CV_16UC1);
}

TEST_CASE("floats are windowed before nodes with tables; without a window the check says so at both places") {
  const leat::TemporaryFolder folder;
  put_data(folder.path(), CV_32FC1, ".tiff");
  const Finished windowed = leat_with("run", folder.path(), {{"depth", "as_is"}, {"chain", "windowed"}});
  CAPTURE(windowed.err);
  CHECK(windowed.code == 0);
  const Finished plain = leat_with("check", folder.path(), {{"depth", "as_is"}});
  CHECK(plain.code != 0);
  CHECK(has(plain.err, "`weak` outputs 16 x 16, float, but `image` of `strong` takes H x W x ..., 8 or 16 bit"));
  CHECK(has(plain.err, "put `image.window` between them"));
  CHECK(has(plain.err, "note: `weak` is declared here"));
  CHECK(has(leat_with("check", folder.path(), {}).err, "the images have 32-bit floats, but `depth` is 8"));
  CHECK(has(leat_with("check", folder.path(), {{"depth", "as_is"}, {"chain", "windowed"}, {"from", "full"}}).err,
            "`from: full` needs 8 or 16 bit"));
}

TEST_CASE("channels that do not fit the network or its means are refused in the check") {
  const leat::TemporaryFolder folder;
  put_data(folder.path(), CV_8UC3);
  const auto told = [&](const Settings& settings) { return leat_with("check", folder.path(), settings).err; };
  CHECK(told(colours) == "");
  CHECK(told({{"channels", "as_is"}, {"in_channels", "3"}}) == "");
  CHECK(has(told({{"channels", "as_is"}}), "the images have 3 channels, but `in_channels` of the network is 1"));
  CHECK(has(told({{"channels", "as_is"}}), "set `in_channels: 3` of the network"));
  CHECK(has(told({{"in_channels", "3"}}), "the images have 1 channel, but `in_channels` of the network is 3"));
  CHECK(has(told({{"channels", "rgb"}, {"in_channels", "3"}, {"mean", "[0.4, 0.3]"}}), "`mean` has 2 numbers, but `in_channels` is 3"));
  CHECK(has(told({{"channels", "rgb"}, {"in_channels", "3"}, {"mean", "100"}}), "so it must be 0..1"));
  CHECK(has(told({{"deviation", "57"}}),
            "the `deviation` is 57, but values of 8 bit are divided by their full value first, so it must be at"));
  for (const char* deviation : {"0", "-0.25", ".inf"}) CHECK(has(told({{"deviation", deviation}}), "; the range is 0.001.."));
  for (const char* constants : {"[0.5, 0]", "[0.5, -1]", "[0.5, .inf]", "[.inf, 0.5]", "[0.5]"})
    CHECK(has(told({{"constants", constants}}), "it must be [mean, deviation], with a mean of -1e6..1e6 and a deviation of 0.001..1e6"));
}

TEST_CASE("floats far from the mean of the network are warned of; those that its numbers fit are not") {
  const leat::TemporaryFolder folder;
  // Values of 70 and 700.
  put_data(folder.path(), CV_32FC1, ".tiff");
  const auto warns = [&](const std::string& numbers) {
    fs::remove_all(folder / "run");
    std::ofstream(folder / "graph.yaml") << R"(leat: 1
resources:
  data: {uses: io.split, with: {path: pictures, class_labels: 0}}
  net: {uses: model.multitask_unet, with: {channels: [4, 8], classes: [red, blue])" +
                                                numbers + R"(}}
phases:
  test:
    nodes:
      images: {uses: io.images, with: {split: data, part: labelled, batch: 4}}
      decoded: {uses: image.decode, in: images.file, with: {depth: as_is}}
      small: {uses: image.resize, in: decoded, with: {size: 16}}
      batch: {uses: tensor.normalize, in: small, with: {model: net}}
      features: {uses: model.encode, in: batch, with: {model: net}}
      logits: {uses: model.classify, in: features, with: {model: net}}
      classes: {uses: metric.classification, in: {logits: logits, label: images.label}}
plan: {then: [test]}
)";
    const Finished run = run_leat({"run", "graph.yaml", "--out", "run"}, folder.path());
    CAPTURE(run.err);
    REQUIRE(run.code == 0);
    return has(run.err, "some images of floats are on average more than 10 deviations from the mean");
  };
  CHECK(warns(""));
  CHECK_FALSE(warns(", mean: 200, deviation: 200"));
}

TEST_CASE("images of one step that differ in depth or channels are named") {
  const leat::TemporaryFolder folder;
  put_data(folder.path(), CV_8UC3);
  for (int k = 0; k < 16; k += 2) {
    const fs::path file = folder / "pictures/red" / (std::to_string(k) + ".png");
    cv::imwrite(file.string(), cv::imread(file.string(), cv::IMREAD_GRAYSCALE));
  }
  const Finished run = leat_with("run", folder.path(), {{"channels", "as_is"}, {"in_channels", "3"}});
  CHECK(run.code != 0);
  CAPTURE(run.err);
  CHECK(has(run.err, "the images of one step must have the same channels and depth"));
  CHECK(has(run.err, ", 8 bit, but `"));
}
