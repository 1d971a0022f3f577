#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <sstream>

#include "support/command.h"
#include "support/doctest.h"
#include "support/temporary_folder.h"

// One list for classes and for masks of different structures on different images: it trains, validates and is tested.

namespace fs = std::filesystem;
using namespace leat::test;

namespace {

constexpr const char* graph = R"(leat: 1

resources:
  data: {uses: io.split, with: {path: labels.csv, unlisted: read, classes: [sick, well], masks: [lung, heart], class_labels: 0,
                                mask_labels: 0, validation: 2, shares_with: [data]}}
  net: {uses: model.multitask_unet, with: {channels: [4, 8], classes: [well, sick], masks: [lung, heart]}}
  adam: {uses: optim.adam, with: {model: net}}
templates:
  see:
    inputs: [file]
    outputs: {small: small.resized, batch: batch.tensor, features: features.features}
    nodes:
      decoded: {uses: image.decode, in: file}
      small: {uses: image.resize, in: decoded, with: {size: 16}}
      batch: {uses: tensor.normalize, in: small, with: {model: net}}
      features: {uses: model.encode, in: batch, with: {model: net}}
phases:
  train:
    nodes:
      images: {uses: io.images, with: {split: data, part: labelled, batch: 4}}
      seen: {uses: see, in: images.file}
      classes: {uses: model.classify, in: seen.features, with: {model: net}}
      ce: {uses: loss.cross_entropy, in: {logits: classes, label: images.label}}
      masked: {uses: io.masks, with: {split: data, part: labelled, batch: 4}}
      decoded: {uses: image.decode, in: masked.file}
      small: {uses: image.resize, in: decoded, with: {size: 16}}
      mask: {uses: image.resize, in: masked.mask, with: {size: 16, method: nearest}}
      moved: {uses: augment.affine, in: {image: small, mask: mask}}
      batch: {uses: tensor.normalize, in: moved.image, with: {model: net}}
      features: {uses: model.encode, in: batch, with: {model: net}}
      logits: {uses: model.segment, in: {features: features, image: batch}, with: {model: net}}
      wanted: {uses: tensor.masks, in: moved.mask}
      dice: {uses: loss.dice, in: {logits: logits, mask: wanted}, with: {masks: [lung, heart]}}
      loss: {uses: loss.total, in: {terms: {ce: ce, dice: dice}}}
      step: {uses: train.step, in: loss, with: {optimizer: adam}}
  validate:
    nodes:
      images: {uses: io.images, with: {split: data, part: validation, batch: 4}}
      seen: {uses: see, in: images.file}
      classes: {uses: model.classify, in: seen.features, with: {model: net}}
      judge: {uses: metric.classification, in: {logits: classes, label: images.label}}
      masked: {uses: io.masks, with: {split: data, part: validation, batch: 4}}
      shown: {uses: see, in: masked.file}
      logits: {uses: model.segment, in: {features: shown.features, image: shown.batch}, with: {model: net}}
      masks: {uses: metric.segmentation, in: {logits: logits, mask: masked.mask}}
  test:
    like: validate
    kind: test
    nodes:
      images: {with: {part: labelled}}
      masked: {with: {part: labelled}}
plan:
  train: {phase: train, steps: 6, validate: every 3 steps, keep: {best: [validate.masks.dice, validate.judge.accuracy], mode: mean}}
  then: [test]
  keep_results: 1MB
)";

/// 8 images with a lung, 6 others with a heart, 6 with a class.
void put_data(const fs::path& folder) {
  for (const char* name : {"images", "masks_lung", "masks_heart"}) fs::create_directories(folder / name);
  std::ofstream list(folder / "labels.csv");
  list << "Dateiname;Diagnose\n";
  for (int k = 0; k < 20; ++k) {
    const std::string name = "p" + std::to_string(k) + ".png";
    cv::Mat picture(20, 24, CV_8UC1), mask = cv::Mat::zeros(20, 24, CV_8UC1);
    cv::randu(picture, 0, 255);
    picture.at<unsigned char>(0, 0) = static_cast<unsigned char>(k);
    mask.colRange(3, 12) = 255;
    cv::imwrite((folder / "images" / name).string(), picture);
    if (k < 8) cv::imwrite((folder / "masks_lung" / name).string(), mask);
    else if (k < 14) cv::imwrite((folder / "masks_heart" / name).string(), k == 9 ? mask * 0 : mask);
    else list << "p" << k << (k % 2 ? ";sick\n" : ";well\n");
  }
  std::ofstream(folder / "graph.yaml") << graph;
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("partial labels: classes, lungs and hearts on different images train one network, and each is judged where it is known") {
  const leat::TemporaryFolder folder;
  put_data(folder.path());
  const Finished check = run_leat({"check", "graph.yaml"}, folder.path());
  CAPTURE(check.err);
  REQUIRE(check.code == 0);
  CAPTURE(check.out);
  CHECK(check.out.find("read as              `Dateiname` is the image\n                       `Diagnose` is the class\n") !=
        std::string::npos);
  CHECK(check.out.find("the columns are separated by `;`\n") != std::string::npos);
  CHECK(check.out.find("lung 8, heart 6 of 20 images") != std::string::npos);
  CHECK(check.out.find("2 images for the classes; 2 images for `lung`; 2 images for `heart` (drawn by image)") != std::string::npos);
  const Finished run = run_leat({"run", "graph.yaml", "--out", "run"}, folder.path());
  CAPTURE(run.err);
  REQUIRE(run.code == 0);
  CHECK(run.err.find("lung 8, heart 6 of 20 images") != std::string::npos);
  const auto results = nlohmann::json::parse(text_of(folder.path() / "run/results.json"));
  const auto& test = results.at("phases").at("test");
  CHECK(test.at("masks.images") == 10);
  CHECK(test.at("masks.images_lung") == 6);
  CHECK(test.at("masks.images_heart") == 4);
  CHECK(test.at("masks.unknown") == 0);
  CHECK(test.at("masks.dice_heart").is_number());
  CHECK(results.at("resources").at("data").at("masks of heart") == 4);
  CHECK(results.at("resources").at("data").at("validation_masks of lung") == 2);
  const Finished report = run_leat({"report", "run", "--out", "report.html"}, folder.path());
  CAPTURE(report.err);
  CHECK(report.code == 0);
  // The same bits after an interruption.
  const Finished again = run_leat({"run", "graph.yaml", "--out", "again", "--threads", "1"}, folder.path());
  REQUIRE(again.code == 0);
  CHECK(nlohmann::json::parse(text_of(folder.path() / "again/results.json")).at("phases") == results.at("phases"));
}

TEST_CASE("partial labels: a node that does not take unknown masks is refused with both places, and so is mixing of pixels") {
  const leat::TemporaryFolder folder;
  put_data(folder.path());
  const auto refused = [&](const std::string& from, const std::string& to) {
    std::string text = graph;
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    std::ofstream(folder.path() / "graph.yaml") << text.replace(at, from.size(), to);
    const Finished check = run_leat({"check", "graph.yaml"}, folder.path());
    CHECK(check.code == 2);
    return check.err;
  };
  const std::string kl = refused("dice: {uses: loss.dice, in: {logits: logits, mask: wanted}, with: {masks: [lung, heart]}}",
                                 "dice: {uses: loss.kl, in: {prediction: logits, target: wanted}}");
  CAPTURE(kl);
  CHECK(kl.find("or unknown, but `target` of `dice` takes") != std::string::npos);
  CHECK(kl.find("some labels or masks of the data are unknown, and this input would read them as values that are known") !=
        std::string::npos);
  CHECK(kl.find("`wanted` is declared here") != std::string::npos);
  const std::string mixed = refused("with: {size: 16, method: nearest}", "with: {size: 16}");
  CAPTURE(mixed);
  CHECK(mixed.find("`image` has masks with unknown pixels, which `bilinear` would mix with others") != std::string::npos);
}
