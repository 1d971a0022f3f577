#include <ATen/core/Tensor.h>
#include <cmath>
#include <fstream>
#include <opencv2/core.hpp>
#include <sstream>
#include <unistd.h>

#include "metric/classification_scores.h"
#include "metric/image_table.h"
#include "metric/segmented_images.h"
#include "support/reference.h"
#include "support/doctest.h"

using namespace leat;

namespace {

ClassifiedSamples samples_of(const Reference& reference, const std::string& test) {
  const at::Tensor probabilities = reference(test + ":probabilities").contiguous(), labels = reference(test + ":labels").contiguous();
  ClassifiedSamples out;
  out.classes = probabilities.size(1);
  out.probabilities.assign(probabilities.const_data_ptr<double>(), probabilities.const_data_ptr<double>() + probabilities.numel());
  out.labels.assign(labels.const_data_ptr<std::int64_t>(), labels.const_data_ptr<std::int64_t>() + labels.numel());
  for (std::int64_t k = 0; k < probabilities.size(0); ++k) {
    out.ids.push_back("image " + std::to_string(k));
    out.groups.push_back("");
  }
  return out;
}

/// Every number has a reference and every reference a number.
void check_scores(const NamedNumbers& found, const Reference& reference, const std::string& test) {
  std::size_t expected = 0;
  for (const auto& [name, entry] : reference.archive().entries()) expected += name.starts_with(test + "/");
  CHECK(found.size() == expected);
  for (const auto& [name, number] : found) {
    CAPTURE(test);
    CAPTURE(name);
    const double wanted = reference(test + "/" + name).item<double>();
    if (std::isnan(wanted))
      CHECK(std::isnan(number));
    else
      CHECK(std::abs(number - wanted) < 1e-9);
  }
}

SegmentedImages judged(const Reference& reference) {
  const at::Tensor logits = reference("masks:logits"), masks = reference("masks:reference");
  SegmentedImages out;
  out.channels = 2;
  for (std::int64_t k = 0; k < logits.size(0); ++k) {
    const at::Tensor channels_last = masks[k].permute({1, 2, 0}).mul(255).contiguous();
    const cv::Mat mask(static_cast<int>(masks.size(2)), static_cast<int>(masks.size(3)), CV_8UC2, const_cast<std::uint8_t*>(channels_last.const_data_ptr<std::uint8_t>()));
    out.add("image, " + std::to_string(k), "B", overlaps(logits[k], mask));
  }
  return out;
}

double number(const NamedNumbers& all, const std::string& name) {
  for (const auto& [key, value] : all)
    if (key == name) return value;
  throw std::runtime_error("no " + name);
}

}  // namespace

TEST_CASE("metric.classification: equals scikit-learn on random and degenerate samples") {
  const Reference reference("metric");
  for (const std::string test : {"random", "ties", "all_equal", "separated", "only_positive", "only_negative", "one_sample", "never_said"})
    check_scores(classification_scores(samples_of(reference, test), {"c0", "c1"}), reference, test);
  for (const std::string test : {"three", "three_ties", "class_missing"})
    check_scores(classification_scores(samples_of(reference, test), {"c0", "c1", "c2"}), reference, test);
}

TEST_CASE("metric.classification: with several labels at once each class equals scikit-learn") {
  const Reference reference("metric");
  check_scores(multi_label_scores(samples_of(reference, "multi_label"), {"c0", "c1", "c2"}), reference, "multi_label");
}

TEST_CASE("metric.classification: what it has collected survives a checkpoint") {
  const Reference reference("metric");
  ClassifiedSamples before = samples_of(reference, "three"), after;
  before.dropped = 3;
  Archive archive;
  before.save(archive, "samples");
  after.load(archive, "samples");
  CHECK(after.ids == before.ids);
  CHECK(after.groups == before.groups);
  CHECK(after.dropped == 3);
  CHECK(classification_scores(after, {"a", "b", "c"}) == classification_scores(before, {"a", "b", "c"}));
}

TEST_CASE("metric.segmentation: each image and channel equals scikit-learn on masks that PyTorch brought to size") {
  const Reference reference("metric");
  const SegmentedImages images = judged(reference);
  for (std::size_t k = 0; k < images.overlaps.size(); ++k) {
    const at::Tensor wanted = reference("masks/" + std::to_string(k / 2) + "/" + std::to_string(k % 2));
    const Overlap& overlap = images.overlaps[k];
    CAPTURE(k);
    CHECK(overlap.dice() == doctest::Approx(wanted[0].item<double>()).epsilon(1e-9));
    CHECK(overlap.jaccard() == doctest::Approx(wanted[1].item<double>()).epsilon(1e-9));
    CHECK(overlap.precision() == doctest::Approx(wanted[2].item<double>()).epsilon(1e-9));
    CHECK(overlap.recall() == doctest::Approx(wanted[3].item<double>()).epsilon(1e-9));
  }
}

TEST_CASE("metric.segmentation: empty masks have stated values and are counted") {
  CHECK(Overlap{0, 0, 0}.dice() == 1);
  CHECK(Overlap{0, 0, 0}.precision() == 1);
  CHECK(Overlap{0, 5, 0}.dice() == 0);
  CHECK(Overlap{0, 5, 0}.recall() == 0);
  CHECK(Overlap{0, 0, 5}.precision() == 0);
  const NamedNumbers scores = segmentation_scores(judged(Reference("metric")), {"lungs", "heart"});
  CHECK(number(scores, "empty_reference") == 2);
  CHECK(number(scores, "empty_prediction") == 2);
  CHECK(number(scores, "dice") == doctest::Approx((number(scores, "dice_lungs") + number(scores, "dice_heart")) / 2));
}

TEST_CASE("metric.segmentation: one channel has plain names") {
  SegmentedImages images;
  images.channels = 1;
  images.add("a", "", {{2, 4, 4, 12}});
  const NamedNumbers scores = segmentation_scores(images, {"lungs"});
  CHECK(scores.size() == 7);
  CHECK(number(scores, "trivial_dice") == 0.5);
  CHECK(number(scores, "dice") == 0.5);
  CHECK(segmentation_table(images, {"lungs"}).str() == "image,group,dice,jaccard,precision,recall\na,,0.5,0.3333333333333333,0.5,0.5\n");
}

TEST_CASE("metric.segmentation: what it has judged survives a checkpoint") {
  const SegmentedImages before = judged(Reference("metric"));
  SegmentedImages after;
  Archive archive;
  before.save(archive, "images");
  after.load(archive, "images");
  CHECK(segmentation_table(after, {"x", "y"}).str() == segmentation_table(before, {"x", "y"}).str());
  CHECK(segmentation_scores(after, {"x", "y"}) == segmentation_scores(before, {"x", "y"}));
}

TEST_CASE("image table: quotes what needs it, and a later phase replaces the file") {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / ("leat_metric_" + std::to_string(::getpid()));
  ImageTable table({"image", "group"});
  table.add({"a, \"b\"", "x"});
  ImageTable({"old"}).write(folder, "test", "lungs");
  table.write(folder, "test", "lungs");
  std::ifstream in(folder / "images" / "test.lungs.csv");
  std::stringstream text;
  text << in.rdbuf();
  CHECK(text.str() == "image,group\n\"a, \"\"b\"\"\",x\n");
  std::filesystem::remove_all(folder);
}
