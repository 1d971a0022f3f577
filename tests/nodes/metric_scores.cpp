#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <unistd.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/core.hpp>

#include "leat/csv.h"
#include "leat/diagnostics.h"
#include "metric/classification_scores.h"
#include "metric/distance_transform.h"
#include "metric/image_table.h"
#include "metric/saliency_shares.h"
#include "metric/segmented_images.h"
#include "support/doctest.h"
#include "support/reference.h"
#include "support/text_file.h"

using namespace leat;

namespace {

ClassifiedSamples samples_of(const Reference& reference, const std::string& test) {
  const at::Tensor probabilities = reference(test + ":probabilities").contiguous(), labels = reference(test + ":labels").contiguous();
  ClassifiedSamples out;
  out.classes = probabilities.size(1);
  out.probabilities.assign(probabilities.const_data_ptr<double>(), probabilities.const_data_ptr<double>() + probabilities.numel());
  out.labels.assign(labels.const_data_ptr<std::int64_t>(), labels.const_data_ptr<std::int64_t>() + labels.numel());
  for (std::int64_t k = 0; k < probabilities.size(0); ++k) {
    out.images.add({.id = "image " + std::to_string(k)});
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
    // scikit-learn says 0 where the denominator is (`zero_division`).
    const bool may_lack_denominator = name.starts_with("f1") || name.starts_with("sensitivity") || name.starts_with("specificity");
    if (std::isnan(wanted) || (may_lack_denominator && wanted == 0 && std::isnan(number))) CHECK(std::isnan(number));
    else CHECK(std::abs(number - wanted) < 1e-9);
  }
}

SegmentedImages judged(const Reference& reference) {
  const at::Tensor logits = reference("masks:logits"), masks = reference("masks:reference");
  SegmentedImages out;
  out.channels = 2;
  for (std::int64_t k = 0; k < logits.size(0); ++k) {
    const at::Tensor channels_last = masks[k].permute({1, 2, 0}).mul(255).contiguous();
    const cv::Mat mask(static_cast<int>(masks.size(2)), static_cast<int>(masks.size(3)), CV_8UC2,
                       const_cast<std::uint8_t*>(channels_last.const_data_ptr<std::uint8_t>()));
    std::vector<JudgedMask> judged;
    for (const MaskPair& pair : masks_at_size_of(mask, logits[k])) judged.push_back(judge(pair));
    out.add({.id = "image, " + std::to_string(k), .group = "B"}, judged);
  }
  return out;
}

/// Masks of the script: the reference first.
MaskPair pair_of(const at::Tensor& both) {
  const auto mask = [&](std::int64_t k) {
    const at::Tensor one = both[k].contiguous();
    return cv::Mat(static_cast<int>(one.size(0)), static_cast<int>(one.size(1)), CV_8U,
                   const_cast<std::uint8_t*>(one.const_data_ptr<std::uint8_t>()))
        .clone();
  };
  return {mask(1), mask(0)};
}

void check_surfaces(const JudgedMask& mask, const at::Tensor& wanted) {
  CHECK(mask.ssim == doctest::Approx(wanted[0].item<double>()).epsilon(1e-9));
  CHECK(mask.distances.ahd_allpixel == doctest::Approx(wanted[1].item<double>()).epsilon(1e-7));
  // MONAI has float.
  CHECK(mask.distances.assd == doctest::Approx(wanted[2].item<double>()).epsilon(1e-6));
  CHECK(mask.distances.hd95 == doctest::Approx(wanted[3].item<double>()).epsilon(1e-6));
}

/// An empty mask but for one pixel.
cv::Mat pixel_at(int y, int x) {
  cv::Mat out(30, 40, CV_8U, cv::Scalar(0));
  out.at<std::uint8_t>(y, x) = 1;
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
  REQUIRE(after.size() == before.size());
  for (std::size_t k = 0; k < after.size(); ++k) CHECK(after.images.fields(k) == before.images.fields(k));
  CHECK(after.dropped == 3);
  CHECK(classification_scores(after, {"a", "b", "c"}) == classification_scores(before, {"a", "b", "c"}));
}

TEST_CASE("metric.segmentation: each image and channel equals scikit-learn on masks that PyTorch brought to size") {
  const Reference reference("metric");
  const SegmentedImages images = judged(reference);
  for (std::size_t k = 0; k < images.masks.size(); ++k) {
    const std::string which = std::to_string(k / 2) + "/" + std::to_string(k % 2);
    const at::Tensor wanted = reference("masks/" + which);
    const Overlap& overlap = images.masks[k].overlap;
    CAPTURE(k);
    check_surfaces(images.masks[k], reference("surfaces/" + which));
    CHECK(overlap.dice() == doctest::Approx(wanted[0].item<double>()).epsilon(1e-9));
    CHECK(overlap.jaccard() == doctest::Approx(wanted[1].item<double>()).epsilon(1e-9));
    CHECK(overlap.precision() == doctest::Approx(wanted[2].item<double>()).epsilon(1e-9));
    CHECK(overlap.recall() == doctest::Approx(wanted[3].item<double>()).epsilon(1e-9));
  }
}

TEST_CASE("metric.segmentation: similarity and distances equal scikit-image, scipy and MONAI on random and degenerate masks") {
  const Reference reference("metric");
  int pairs = 0;
  for (const auto& [name, entry] : reference.archive().entries()) {
    if (!name.starts_with("pairs:")) continue;
    CAPTURE(name);
    check_surfaces(judge(pair_of(reference(name))), reference("surfaces/" + name.substr(6)));
    ++pairs;
  }
  CHECK(pairs == 31);
}

TEST_CASE("distance transform: is exact, of wide pictures too") {
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(1, 9), cv::Size(9, 1), cv::Size(17, 12), cv::Size(6000, 40)}) {
    cv::Mat mask(size, CV_8U, cv::Scalar(0));
    std::vector<cv::Point> targets;
    for (int k = 0; k < 7; ++k) {
      targets.emplace_back(k * 1777 % size.width, k * 13 % size.height);
      mask.at<std::uint8_t>(targets.back()) = 1;
    }
    const cv::Mat found = squared_distances_to(mask);
    int wrong = 0;
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x) {
        int least = std::numeric_limits<int>::max();
        for (const cv::Point& target : targets) least = std::min(least, (target - cv::Point(x, y)).dot(target - cv::Point(x, y)));
        wrong += found.at<int>(y, x) != least;
      }
    CAPTURE(size.width);
    CHECK(wrong == 0);
  }
}

TEST_CASE("metric.segmentation: pooled, all pixels count alike") {
  const Reference reference("metric");
  const NamedNumbers scores = segmentation_scores(judged(reference), {{"lungs", "heart"}});
  const at::Tensor wanted = reference("masks/pooled");
  int k = 0;
  for (const std::string name : {"dice_pooled", "jaccard_pooled", "precision_pooled", "recall_pooled"})
    CHECK(number(scores, name) == doctest::Approx(wanted[k++].item<double>()).epsilon(1e-9));
}

TEST_CASE("metric.segmentation: distances of empty masks are 0 or the picture's diagonal") {
  const cv::Mat empty(30, 40, CV_8U, cv::Scalar(0));
  const MaskDistances none = mask_distances({empty, empty});
  CHECK(none.ahd_allpixel == 0);
  CHECK(none.assd == 0);
  CHECK(none.hd95 == 0);
  for (const MaskPair& pair : {MaskPair{empty, pixel_at(3, 4)}, MaskPair{pixel_at(3, 4), empty}}) {
    const MaskDistances one = mask_distances(pair);
    CHECK(one.ahd_allpixel == 50);
    CHECK(one.assd == 50);
    CHECK(one.hd95 == 50);
  }
}

TEST_CASE("metric.segmentation: where the spacing is known, distances are told in millimetres too") {
  SegmentedImages images;
  images.channels = 2;
  const JudgedMask far = judge({pixel_at(3, 4), pixel_at(6, 8)}), same = judge({pixel_at(3, 4), pixel_at(3, 4)});
  images.add({.id = "a"}, {far, same});
  const NamedNumbers scores = segmentation_scores(images, {{"x", "y"}, 1.5});
  CHECK(number(scores, "hd95_x") == 5);
  CHECK(number(scores, "hd95_mm_x") == 7.5);
  CHECK(number(scores, "assd_mm") == 3.75);
  CHECK(number(scores, "ahd_allpixel_mm_y") == 0);
  const std::string table = segmentation_table(images, {{"x", "y"}, 1.5}).str();
  CHECK(table.find("ssim_x,ahd_allpixel_x,assd_x,hd95_x,ahd_allpixel_mm_x,assd_mm_x,hd95_mm_x,dice_y") != std::string::npos);
  CHECK(segmentation_table(images, {{"x", "y"}}).str().find("_mm") == std::string::npos);
}

TEST_CASE("metric.segmentation: empty masks have stated values and are counted") {
  CHECK(Overlap{0, 0, 0}.dice() == 1);
  CHECK(Overlap{0, 0, 0}.precision() == 1);
  CHECK(Overlap{0, 5, 0}.dice() == 0);
  CHECK(Overlap{0, 5, 0}.recall() == 0);
  CHECK(Overlap{0, 0, 5}.precision() == 0);
  const NamedNumbers scores = segmentation_scores(judged(Reference("metric")), {{"lungs", "heart"}});
  CHECK(number(scores, "empty_reference") == 2);
  CHECK(number(scores, "empty_prediction") == 2);
  CHECK(number(scores, "dice") == doctest::Approx((number(scores, "dice_lungs") + number(scores, "dice_heart")) / 2));
}

TEST_CASE("metric.segmentation: one channel has plain names") {
  SegmentedImages images;
  images.channels = 1;
  images.add({.id = "a"}, {{{2, 4, 4, 12}, 0.75, {0.25, 1.5, 3}}});
  const NamedNumbers scores = segmentation_scores(images, {{"lungs"}});
  CHECK(scores.size() == 15);
  CHECK(number(scores, "trivial_dice") == 0.5);
  CHECK(number(scores, "dice") == 0.5);
  CHECK(segmentation_table(images, {{"lungs"}}).str() ==
        "image,group,patient,dice,jaccard,precision,recall,ssim,ahd_allpixel,assd,hd95\na,,a,0.5,0.3333333333333333,0.5,0.5,0.75,0.25,1.5,"
        "3\n");
}

TEST_CASE("metric.segmentation: what it has judged survives a checkpoint") {
  const SegmentedImages before = judged(Reference("metric"));
  SegmentedImages after;
  Archive archive;
  before.save(archive, "images");
  after.load(archive, "images");
  const MaskNaming naming{{"x", "y"}, 1.4};
  CHECK(segmentation_table(after, naming).str() == segmentation_table(before, naming).str());
  CHECK(segmentation_scores(after, naming) == segmentation_scores(before, naming));
}

TEST_CASE("metric.saliency: a saliency counts as far as the mask covers its pixels") {
  cv::Mat mask(8, 8, CV_8UC1, cv::Scalar(0));
  mask(cv::Rect(0, 0, 3, 8)).setTo(255);  // Of a saliency of 2 x 2 pixels: three quarters of the left ones.
  at::Tensor saliency = at::zeros({2, 2});
  saliency[0][0].fill_(1);
  SaliencyShare share = saliency_share(saliency, mask);
  CHECK(share.inside == doctest::Approx(0.75));
  CHECK(share.area == doctest::Approx(0.375));
  CHECK(share.focus() == doctest::Approx(2));
  share = saliency_share(at::ones({2, 2}), mask);
  CHECK(share.focus() == doctest::Approx(1));

  SaliencyShares shares;
  shares.images.add({.id = "a, b"});
  shares.images.add({.id = "c", .group = "B", .patient = "p1", .facts = {{"patient", "a column"}}});
  shares.shares = {{0.75, 0.375}, {0, 0.5}};
  shares.undefined = 3;
  Archive archive;
  shares.save(archive, "x");
  SaliencyShares loaded;
  loaded.load(archive, "x");
  CHECK(saliency_table(loaded).str() == "image,group,patient,inside,area,focus\n\"a, b\",,\"a, b\",0.75,0.375,2\nc,B,p1,0,0.5,0\n");
  CHECK(loaded.undefined == 3);
}

TEST_CASE("judged images: names of any bytes are what they were after a resume, and in the table") {
  const std::vector<std::string> ids{"a\nb.png", "a", "b.png", "\"c\",d.png", "b\xF6se.png", "\n"};
  JudgedImages images;
  for (const std::string& id : ids) images.add({.id = id, .group = "north\nward", .patient = id + "\n"});
  Archive archive;
  images.save(archive, "x");
  JudgedImages loaded;
  loaded.load(archive, "x");
  REQUIRE(loaded.size() == ids.size());
  ImageTable table(JudgedImages::columns());
  for (std::size_t k = 0; k < ids.size(); ++k) table.add(loaded.fields(k));
  const CsvTable read = read_csv(table.str());
  REQUIRE(read.rows.size() == ids.size());
  for (std::size_t k = 0; k < ids.size(); ++k) CHECK(read.rows[k].fields == std::vector<std::string>{ids[k], "north\nward", ids[k] + "\n"});
}

TEST_CASE("metric.segmentation: no mask has a name that makes its figure another one's") {
  CHECK_NOTHROW(check_mask_names({"lungs", "heart", "mmm"}));
  CHECK_NOTHROW(check_mask_names({"pooled"}));
  for (const char* name : {"pooled", "mm", "mm_lungs"}) CHECK_THROWS_AS(check_mask_names({"lungs", name}), Refusal);
}

TEST_CASE("image table: quotes what needs it, and a later phase replaces the file") {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / ("leat_metric_" + std::to_string(::getpid()));
  ImageTable table({"image", "group"});
  table.add({"a, \"b\"", "x"});
  ImageTable({"old"}).write(folder, "test", "lungs");
  table.write(folder, "test", "lungs");
  CHECK(text_of(folder / "images" / "test.lungs.csv") == "image,group\n\"a, \"\"b\"\"\",x\n");
  std::filesystem::remove_all(folder);
}
