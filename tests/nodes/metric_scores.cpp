#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/core.hpp>
#include <span>
#include <tuple>

#include "leat/class_metrics.h"
#include "leat/diagnostics.h"
#include "metric/distance_transform.h"
#include "metric/judged_mask.h"
#include "metric/kept_pictures.h"
#include "metric/saliency_share.h"
#include "support/doctest.h"
#include "support/reference.h"

using namespace leat;

namespace {

using NamedNumbers = std::vector<std::pair<std::string, double>>;

/// What the node records; undefined ones are not numbers.
NamedNumbers values_of(const std::vector<ImageMetric>& metrics, const ImageTable& table) {
  NamedNumbers out;
  for (const ImageMetric& one : metrics)
    out.emplace_back(one.name, one.figure.value(table).value_or(std::numeric_limits<double>::quiet_NaN()));
  return out;
}

/// The rows that the node adds of a case's samples.
ImageTable samples_of(const Reference& reference, const std::string& test, const std::vector<std::string>& classes) {
  const at::Tensor probabilities = reference(test + ":probabilities").contiguous(), labels = reference(test + ":labels").contiguous();
  const auto width = static_cast<std::int64_t>(classes.size());
  const bool is_multi_label = labels.dim() == 2;
  ImageTable out;
  for (std::int64_t k = 0; k < probabilities.size(0); ++k) {
    const std::span row(probabilities.const_data_ptr<double>() + k * width, classes.size());
    const std::int64_t* label = labels.const_data_ptr<std::int64_t>() + k * (is_multi_label ? width : 1);
    out.add({.id = "image " + std::to_string(k)}, is_multi_label ? label_fields(classes, std::span(label, classes.size()), row)
                                                                 : class_fields(classes, static_cast<std::size_t>(*label), row));
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

/// Of each image the masks of both channels.
std::vector<std::vector<JudgedMask>> judged(const Reference& reference) {
  const at::Tensor logits = reference("masks:logits"), masks = reference("masks:reference");
  std::vector<std::vector<JudgedMask>> out;
  for (std::int64_t k = 0; k < logits.size(0); ++k) {
    const at::Tensor channels_last = masks[k].permute({1, 2, 0}).mul(255).contiguous();
    const cv::Mat mask(static_cast<int>(masks.size(2)), static_cast<int>(masks.size(3)), CV_8UC2,
                       const_cast<std::uint8_t*>(channels_last.const_data_ptr<std::uint8_t>()));
    out.emplace_back();
    for (const MaskPair& pair : masks_at_size_of(mask, logits[k])) out.back().push_back(judge(pair));
  }
  return out;
}

ImageTable table_of(const MaskNaming& naming, const std::vector<std::vector<JudgedMask>>& images) {
  ImageTable out;
  for (const std::vector<JudgedMask>& masks : images)
    out.add({.id = "image, " + std::to_string(out.size()), .group = "B"}, mask_fields(naming, masks));
  return out;
}

NamedNumbers mask_scores(const MaskNaming& naming, const std::vector<std::vector<JudgedMask>>& images) {
  return values_of(mask_metrics(naming), table_of(naming, images));
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
  const std::vector<std::string> two{"c0", "c1"}, three{"c0", "c1", "c2"};
  for (const std::string test : {"random", "ties", "all_equal", "separated", "only_positive", "only_negative", "one_sample", "never_said"})
    check_scores(values_of(class_metrics(two), samples_of(reference, test, two)), reference, test);
  for (const std::string test : {"three", "three_ties", "class_missing"})
    check_scores(values_of(class_metrics(three), samples_of(reference, test, three)), reference, test);
}

TEST_CASE("metric.classification: with several labels at once each class equals scikit-learn") {
  const Reference reference("metric");
  const std::vector<std::string> names{"c0", "c1", "c2"};
  check_scores(values_of(label_metrics(names), samples_of(reference, "multi_label", names)), reference, "multi_label");
}

TEST_CASE("metric.classification: what it has collected survives a checkpoint") {
  const std::vector<std::string> names{"c0", "c1", "c2"};
  const ImageTable before = samples_of(Reference("metric"), "three", names);
  ImageTable after;
  Archive archive;
  before.save(archive, "images");
  after.load(archive, "images");
  CHECK(after.csv() == before.csv());
  CHECK(values_of(class_metrics(names), after) == values_of(class_metrics(names), before));
}

TEST_CASE("metric.segmentation: each image and channel equals scikit-learn on masks that PyTorch brought to size") {
  const Reference reference("metric");
  const std::vector<std::vector<JudgedMask>> images = judged(reference);
  for (std::size_t k = 0; k < 2 * images.size(); ++k) {
    const std::string which = std::to_string(k / 2) + "/" + std::to_string(k % 2);
    const at::Tensor wanted = reference("masks/" + which);
    const JudgedMask& mask = images[k / 2].at(k % 2);
    const Overlap& overlap = mask.overlap;
    CAPTURE(k);
    check_surfaces(mask, reference("surfaces/" + which));
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
  const NamedNumbers scores = mask_scores({{"lungs", "heart"}}, judged(reference));
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
  const JudgedMask far = judge({pixel_at(3, 4), pixel_at(6, 8)}), same = judge({pixel_at(3, 4), pixel_at(3, 4)});
  const MaskNaming in_mm{{"x", "y"}, 1.5};
  const NamedNumbers scores = mask_scores(in_mm, {{far, same}});
  CHECK(number(scores, "hd95_x") == 5);
  CHECK(number(scores, "hd95_mm_x") == 7.5);
  CHECK(number(scores, "assd_mm") == 3.75);
  CHECK(number(scores, "ahd_allpixel_mm_y") == 0);
  const std::string table = table_of(in_mm, {{far, same}}).csv();
  CHECK(table.find("ssim_x,ahd_allpixel_x,assd_x,hd95_x,ahd_allpixel_mm_x,assd_mm_x,hd95_mm_x,dice_y") != std::string::npos);
  CHECK(table_of({{"x", "y"}}, {{far, same}}).csv().find("_mm") == std::string::npos);
}

TEST_CASE("metric.segmentation: empty masks have stated values and are counted") {
  CHECK(Overlap{0, 0, 0}.dice() == 1);
  CHECK(Overlap{0, 0, 0}.precision() == 1);
  CHECK(Overlap{0, 5, 0}.dice() == 0);
  CHECK(Overlap{0, 5, 0}.recall() == 0);
  CHECK(Overlap{0, 0, 5}.precision() == 0);
  const MaskNaming naming{{"lungs", "heart"}};
  const std::vector<std::vector<JudgedMask>> images = judged(Reference("metric"));
  const EmptyMasks empty = empty_masks(naming, table_of(naming, images));
  CHECK(empty.reference == 2);
  CHECK(empty.predicted == 2);
  const NamedNumbers scores = mask_scores(naming, images);
  CHECK(number(scores, "dice") == doctest::Approx((number(scores, "dice_lungs") + number(scores, "dice_heart")) / 2));
}

TEST_CASE("metric.segmentation: pooled, empty masks count as an empty mask does") {
  const auto pooled = [](const Overlap& overlap, const std::string& metric) {
    return number(mask_scores({{"lungs"}}, {{{overlap, 0.5, {}}}}), metric + "_pooled");
  };
  for (const std::string metric : {"dice", "jaccard", "precision", "recall"}) {
    CAPTURE(metric);
    CHECK(pooled({0, 0, 0, 9}, metric) == 1);
    CHECK(pooled({0, 5, 0, 9}, metric) == 0);
    CHECK(pooled({0, 0, 5, 9}, metric) == 0);
  }
}

TEST_CASE("metric.segmentation: unknown structures and pixels are left out of all figures") {
  const MaskNaming naming{{"lung", "heart"}, 0, true};
  cv::Mat masks(8, 8, CV_8UC2, cv::Scalar(0, 127));
  masks.colRange(0, 4) = cv::Scalar(255, 127);
  masks.colRange(6, 8) = cv::Scalar(127, 127);
  // The prediction of the lung is columns 0 to 1 and the unknown ones; that of the heart is everything.
  at::Tensor logits = at::ones({2, 8, 8}) * -1;
  logits[0].narrow(1, 0, 2).fill_(1);
  logits[0].narrow(1, 6, 2).fill_(1);
  logits[1].fill_(1);
  const std::vector<MaskPair> pairs = masks_at_size_of(masks, logits, true);
  CHECK(pairs[0].unknown_pixels == 16);
  CHECK(pairs[0].is_known());
  CHECK_FALSE(pairs[1].is_known());
  const JudgedMask lung = judge(pairs[0]), heart = judge(pairs[1]);
  CHECK(lung.overlap.dice() == doctest::Approx(2.0 * 16 / (16 + 32)));
  CHECK(lung.overlap.trivial_dice() == doctest::Approx(2.0 * 32 / (32 + 48)));
  ImageTable table;
  table.add({.id = "a"}, mask_fields(naming, {lung, heart}));
  const auto value = [&](const std::string& name, const ImageTable& of) {
    for (const ImageMetric& metric : mask_metrics(naming))
      if (metric.name == name) return metric.figure.value(of);
    FAIL(name);
    return std::optional<double>();
  };
  CHECK(known_masks(naming, table) == std::vector<std::int64_t>{1, 0});
  CHECK_FALSE(value("dice_heart", table));
  CHECK(value("dice", table) == value("dice_lung", table));
  CHECK(value("trivial_dice", table) == doctest::Approx(2.0 * 32 / 80));
  // A second image, of which the heart alone is known.
  const JudgedMask right = judge(MaskPair{pixel_at(3, 4), pixel_at(3, 4)});
  table.add({.id = "b"}, mask_fields(naming, {heart, right}));
  CHECK(value("dice_heart", table) == 1.0);
  CHECK(value("dice", table) == doctest::Approx((1 + *value("dice_lung", table)) / 2));
  CHECK(known_masks(naming, table) == std::vector<std::int64_t>{1, 1});
  const ImageTable again = ImageTable::read(table.csv());
  for (const char* name : {"dice", "dice_heart", "dice_pooled", "trivial_dice", "hd95_lung"})
    CHECK(value(name, again) == value(name, table));
}

TEST_CASE("metric.classification: unknown findings are left out of all figures") {
  const std::vector<std::string> names{"a", "b"};
  ImageTable table, of_known;
  int image = 0;
  for (const auto& [a, b, p, q] : std::vector<std::tuple<int, int, double, double>>{
           {1, 1, 0.9, 0.6}, {0, -1, 0.8, 0.2}, {1, 0, 0.4, 0.7}, {-1, 1, 0.99, 0.4}, {0, 0, 0.1, 0.3}}) {
    const std::vector<std::int64_t> labels{a, b};
    const std::vector<double> probabilities{p, q};
    table.add({.id = std::to_string(image)}, label_fields(names, labels, probabilities));
    // `a` is unknown in one image; there the table of the known ones has no row.
    if (a >= 0)
      of_known.add({.id = std::to_string(image)}, label_fields({"a"}, std::span(labels).first(1), std::span(probabilities).first(1)));
    ++image;
  }
  const NamedNumbers all = values_of(label_metrics(names), table), known = values_of(label_metrics({"a"}), of_known);
  const ImageTable again = ImageTable::read(table.csv());
  const NamedNumbers read = values_of(label_metrics(names), again);
  int compared = 0;
  for (const auto& [name, number] : known)
    for (std::size_t k = 0; k < all.size(); ++k)
      if (all[k].first == name && name.ends_with("_a")) {
        CAPTURE(name);
        CHECK(all[k].second == doctest::Approx(number));
        CHECK(read[k].second == doctest::Approx(number));
        ++compared;
      }
  CHECK(compared == 7);
}

TEST_CASE("metric.classification: a finding that is unknown in every image leaves the others their means") {
  ImageTable with, without;
  for (int image = 0; image < 4; ++image) {
    const std::vector<std::int64_t> labels{image % 2, -1};
    const std::vector<double> probabilities{image == 3 ? 0.2 : 0.1 + 0.6 * (image % 2), 0.9};
    with.add({.id = std::to_string(image)}, label_fields({"a", "b"}, labels, probabilities));
    without.add({.id = std::to_string(image)}, label_fields({"a"}, std::span(labels).first(1), std::span(probabilities).first(1)));
  }
  const NamedNumbers all = values_of(label_metrics({"a", "b"}), with), known = values_of(label_metrics({"a"}), without);
  const auto value = [](const NamedNumbers& numbers, const std::string& name) {
    return std::find_if(numbers.begin(), numbers.end(), [&](const auto& one) { return one.first == name; })->second;
  };
  for (const char* name : {"accuracy", "balanced_accuracy", "calibration_error"}) {
    CAPTURE(name);
    CHECK(value(all, name) == value(known, name));
  }
  CHECK(value(all, "accuracy") == 0.75);
  // The area over all classes needs both answers of each.
  CHECK(std::isnan(value(all, "auc")));
  for (const char* name : {"accuracy_b", "positive_share_b", "sensitivity_b"}) {
    CAPTURE(name);
    CHECK(std::isnan(value(all, name)));
  }
}

TEST_CASE("metric.segmentation: one channel has plain names") {
  const std::vector<std::vector<JudgedMask>> one{{{{2, 4, 4, 12}, 0.75, {0.25, 1.5, 3}}}};
  const NamedNumbers scores = mask_scores({{"lungs"}}, one);
  CHECK(scores.size() == 13);
  CHECK(number(scores, "trivial_dice") == 0.5);
  CHECK(number(scores, "dice") == 0.5);
  CHECK(table_of({{"lungs"}}, one).csv() ==
        "image,group,patient,dice,jaccard,precision,recall,ssim,ahd_allpixel,assd,hd95,trivial_dice,shared_pixels,predicted_pixels,"
        "reference_pixels\n\"image, 0\",B,\"image, 0\",0.5,0.3333333333333333,0.5,0.5,0.75,0.25,1.5,3,0.5,2,4,4\n");
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
}

TEST_CASE("metric.segmentation: no mask has a name that makes its figure another one's") {
  CHECK_NOTHROW(check_mask_names({"lungs", "heart", "mmm"}));
  CHECK_NOTHROW(check_mask_names({"pooled"}));
  for (const char* name : {"pooled", "mm", "mm_lungs"}) CHECK_THROWS_AS(check_mask_names({"lungs", name}), Refusal);
}

TEST_CASE("metric.segmentation: a kept mask is runs of equal pixels, at most 128 on a side") {
  const cv::Mat mask = (cv::Mat_<std::uint8_t>(2, 3) << 1, 1, 0, 0, 0, 1);
  CHECK(mask_text(mask) == "3x2 0 2 3 1");
  CHECK(mask_text(cv::Mat::zeros(2, 2, CV_8U)) == "2x2 4");
  CHECK(mask_text(cv::Mat::ones(512, 256, CV_8U)) == "64x128 0 8192");
  CHECK(picture_text(cv::Mat::zeros(4, 4, CV_8U)).starts_with("iVBORw0KGgo"));
  CHECK(picture_text(cv::Mat::zeros(4, 4, CV_8UC(2))) == picture_text(cv::Mat::zeros(4, 4, CV_8U)));
  // Colour stays; 16 bit and floats are shown by their range.
  CHECK(picture_text(cv::Mat::zeros(4, 4, CV_8UC3)) != picture_text(cv::Mat::zeros(4, 4, CV_8U)));
  const cv::Mat ramp = (cv::Mat_<float>(1, 3) << -2, 0, 2), deep = (cv::Mat_<std::uint16_t>(1, 3) << 1000, 1500, 2000);
  const cv::Mat shown = (cv::Mat_<std::uint8_t>(1, 3) << 0, 128, 255);
  CHECK(picture_text(ramp) == picture_text(shown));
  CHECK(picture_text(deep) == picture_text(shown));
  // A map that is twice as large is reduced by means of areas, and only its ratios count.
  at::Tensor small = at::zeros({32, 32});
  small[3][5] = 2;
  small[9][9] = 1;
  const at::Tensor large = small.repeat_interleave(2, 0).repeat_interleave(2, 1).mul(7);
  CHECK(saliency_text(small) == saliency_text(large));
  CHECK(saliency_text(small) != saliency_text(at::zeros({32, 32})));
}

TEST_CASE("kept pictures: those with the lowest rank that fit are kept, texts before pictures, and they survive a checkpoint") {
  ImageTable table;
  KeptPictures kept;
  constexpr std::size_t bytes = 2 * 7 + 4;
  for (const double dice : {0.9, 0.2, 0.5, 0.7}) {
    table.add({.id = "i" + std::to_string(dice)}, {{"dice", dice}});
    kept.add(dice, {"2x2 0 4"}, dice == 0.5 || dice == 0.2 ? "AAAA" : "", dice != 0.5, bytes);
  }
  Archive archive;
  kept.save(archive, "kept");
  KeptPictures again;
  again.load(archive, "kept");
  for (const KeptPictures* one : {&kept, &again}) {
    const ImageTable out = one->with_columns(table, {"mask"}, bytes);
    CHECK(out.texts("mask") == std::vector<std::string>{"", "2x2 0 4", "2x2 0 4", ""});
    CHECK(out.texts("picture") == std::vector<std::string>{"", "AAAA", "", ""});
    CHECK(out.texts("picture_from") == std::vector<std::string>{"", "drawn", "file", ""});
    CHECK(*out.find_numbers("dice") == *table.find_numbers("dice"));
    CHECK(one->shortfall("the masks", bytes) ==
          "the masks of 2 of 4 images are kept: all of them take 1 kB, but a node's share of the plan's `keep_results` is 1 kB");
  }
  KeptPictures all;
  for (int k = 0; k < 4; ++k) all.add(k, {"2x2 0 4"}, "", true, 1000);
  CHECK(all.shortfall("the masks", 1000).empty());
  CHECK(all.with_columns(table, {"mask"}, 1000).columns() == std::vector<std::string>{"dice", "mask", "picture_from"});
  // Nothing fits: no row has anything, and the run says so.
  KeptPictures none;
  for (int k = 0; k < 4; ++k) none.add(k, {"2x2 0 4"}, "AAAA", true, 1);
  CHECK(none.with_columns(table, {"mask"}, 1).texts("mask") == std::vector<std::string>(4));
  CHECK(none.shortfall("the masks", 1).starts_with("the masks of 0 of 4 images are kept"));
}

TEST_CASE("kept pictures: an image does not stay in place of one with a lower rank that did not fit") {
  constexpr std::size_t bytes = 10;
  const auto image = [](int size) { return std::string(static_cast<std::size_t>(size), 'x'); };
  std::vector<int> order{0, 1, 2};
  do {
    CAPTURE(order);
    KeptPictures masks, pictures;
    ImageTable table;
    const std::vector<int> sizes{6, 6, 2};
    for (const int rank : order) {
      // A checkpoint after each image.
      for (KeptPictures* one : {&masks, &pictures}) {
        Archive archive;
        one->save(archive, "kept");
        one->load(archive, "kept");
      }
      const std::string text = image(sizes[static_cast<std::size_t>(rank)]);
      masks.add(rank, {text}, "", true, bytes);
      pictures.add(rank, {}, text, true, bytes);
      table.add({.id = std::to_string(rank)}, {{"rank", rank}});
    }
    const ImageTable found = masks.with_columns(table, {"mask"}, bytes), drawn = pictures.with_columns(table, {}, bytes);
    for (std::size_t row = 0; row < order.size(); ++row) {
      CHECK(found.texts("mask")[row] == (order[row] == 0 ? image(6) : ""));
      CHECK(drawn.texts("picture")[row] == (order[row] == 0 ? image(6) : ""));
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("kept pictures: the order of images changes nothing, and memory stays bounded") {
  std::vector<int> order(200);
  std::iota(order.begin(), order.end(), 0);
  const auto text_of = [](int k) { return std::string(static_cast<std::size_t>(20 + k * 37 % 50), 'x'); };
  std::vector<std::vector<std::string>> found;
  for (int turn = 0; turn < 3; ++turn) {
    KeptPictures kept;
    ImageTable table;
    std::vector<std::pair<int, std::string>> by_image;
    for (const int k : order) {
      kept.add(k * 7919 % 200, {text_of(k)}, text_of(k + 1), true, 2000);
      table.add({.id = std::to_string(k)}, {{"rank", k}});
    }
    Archive archive;
    kept.save(archive, "kept");
    std::size_t held = 0;
    for (const std::string& text : archive.texts("kept.texts")) held += text.size();
    CHECK(held <= 2 * 2000);
    const ImageTable out = kept.with_columns(table, {"mask"}, 2000);
    std::vector<std::string> sorted;
    for (std::size_t k = 0; k < order.size(); ++k)
      sorted.push_back(out.images()[k] + " " + out.texts("mask")[k] + " " + out.texts("picture_from")[k]);
    std::sort(sorted.begin(), sorted.end());
    found.push_back(std::move(sorted));
    std::reverse(order.begin(), order.end());
    std::rotate(order.begin(), order.begin() + 13, order.end());
  }
  CHECK(found[0] == found[1]);
  CHECK(found[0] == found[2]);
}
