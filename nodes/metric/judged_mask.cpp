#include "metric/judged_mask.h"

#include <algorithm>
#include <cmath>

#include "leat/diagnostics.h"
#include "metric/mask_similarity.h"

namespace leat {

namespace {

using Figure = ImageFigure;

struct Measure {
  std::string name;
  double (*of)(const JudgedMask&);
  double unit = 1;
};

const std::vector<Measure>& distance_measures() {
  static const std::vector<Measure> all{{"ahd_allpixel", [](const JudgedMask& mask) { return mask.distances.ahd_allpixel; }},
                                        {"assd", [](const JudgedMask& mask) { return mask.distances.assd; }},
                                        {"hd95", [](const JudgedMask& mask) { return mask.distances.hd95; }}};
  return all;
}

/// Returns the measures of one mask. Their means over images are metrics, over all channels and for each channel.
std::vector<Measure> measures(double spacing_mm) {
  std::vector<Measure> out{{"dice", [](const JudgedMask& mask) { return mask.overlap.dice(); }},
                           {"jaccard", [](const JudgedMask& mask) { return mask.overlap.jaccard(); }},
                           {"precision", [](const JudgedMask& mask) { return mask.overlap.precision(); }},
                           {"recall", [](const JudgedMask& mask) { return mask.overlap.recall(); }},
                           {"ssim", [](const JudgedMask& mask) { return mask.ssim; }}};
  for (const Measure& distance : distance_measures()) out.push_back(distance);
  if (spacing_mm > 0)
    for (const Measure& distance : distance_measures()) out.push_back({distance.name + "_mm", distance.of, spacing_mm});
  return out;
}

const std::string trivial_dice = "trivial_dice", shared = "shared_pixels", predicted = "predicted_pixels", reference = "reference_pixels";

std::string column(const std::string& measure, const MaskNaming& naming, std::size_t channel) {
  return naming.channels.size() > 1 ? measure + "_" + naming.channels[channel] : measure;
}

std::vector<std::string> columns(const std::string& measure, const MaskNaming& naming) {
  std::vector<std::string> out;
  for (std::size_t c = 0; c < naming.channels.size(); ++c) out.push_back(column(measure, naming, c));
  return out;
}

void add_terms(std::vector<Figure::Term>& terms, const std::string& measure, const MaskNaming& naming, double factor = 1) {
  for (const std::string& name : columns(measure, naming)) terms.push_back({name, factor});
}

/// Returns `factor` times the shared pixels, divided by a sum of pixels.
Figure pooled(const MaskNaming& naming, double factor, const std::vector<std::pair<std::string, double>>& whole) {
  std::vector<Figure::Term> part, divisor;
  add_terms(part, shared, naming, factor);
  for (const auto& [measure, sign] : whole) add_terms(divisor, measure, naming, sign);
  return Figure::ratio(part, divisor);
}

std::int64_t zeros(const MaskNaming& naming, const ImageTable& table, const std::string& measure) {
  std::int64_t out = 0;
  for (const std::string& name : columns(measure, naming))
    if (const std::vector<double>* pixels = table.find_numbers(name)) out += std::count(pixels->begin(), pixels->end(), 0.0);
  return out;
}

}  // namespace

JudgedMask judge(const MaskPair& masks) {
  if (!masks.is_known()) return {.overlap = {}, .distances = {}, .is_known = false};
  return {overlap(masks), structural_similarity(masks), mask_distances(masks)};
}

void check_mask_names(const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (names.size() > 1 && (name == "pooled" || name == "mm" || name.starts_with("mm_")))
      throw Refusal("the metric `" + std::string(name == "pooled" ? "dice_" : "assd_") + name + "` of the mask `" + name +
                        "` would have the name of a metric of all masks",
                    "masks");
}

std::vector<ImageTable::Field> mask_fields(const MaskNaming& naming, const std::vector<JudgedMask>& masks) {
  std::vector<ImageTable::Field> out;
  const std::vector<Measure> all = measures(naming.spacing_mm);
  const auto add = [&](const std::string& measure, std::size_t c, double number) {
    std::string name = column(measure, naming, c);
    if (masks[c].is_known) out.emplace_back(std::move(name), number);
    else out.push_back(ImageTable::Field::unknown(std::move(name)));
  };
  for (std::size_t c = 0; c < masks.size(); ++c)
    for (const Measure& measure : all) add(measure.name, c, masks[c].is_known ? measure.unit * measure.of(masks[c]) : 0);
  for (std::size_t c = 0; c < masks.size(); ++c) {
    add(trivial_dice, c, masks[c].overlap.trivial_dice());
    add(shared, c, static_cast<double>(masks[c].overlap.shared));
    add(predicted, c, static_cast<double>(masks[c].overlap.predicted));
    add(reference, c, static_cast<double>(masks[c].overlap.reference));
  }
  return out;
}

std::vector<ImageMetric> mask_metrics(const MaskNaming& naming) {
  std::vector<ImageMetric> out, each;
  for (const Measure& measure : measures(naming.spacing_mm)) {
    out.emplace_back(measure.name, Figure::mean(columns(measure.name, naming)));
    for (const std::string& name : columns(measure.name, naming)) each.emplace_back(name, Figure::mean({name}));
  }
  if (naming.channels.size() > 1) out.insert(out.end(), each.begin(), each.end());
  // As in Overlap: two empty masks agree (1). If only one mask is empty, the ratio is 0.
  const Figure precision = pooled(naming, 1, {{predicted, 1}}), recall = pooled(naming, 1, {{reference, 1}}), agree = Figure::number(1);
  out.emplace_back("dice_pooled", pooled(naming, 2, {{predicted, 1}, {reference, 1}}).otherwise(agree));
  out.emplace_back("jaccard_pooled", pooled(naming, 1, {{predicted, 1}, {reference, 1}, {shared, -1}}).otherwise(agree));
  out.emplace_back("precision_pooled", precision.otherwise(recall).otherwise(agree));
  out.emplace_back("recall_pooled", recall.otherwise(precision).otherwise(agree));
  if (naming.has_unknown) {
    out.emplace_back(trivial_dice, Figure::mean(columns(trivial_dice, naming)));
    return out;
  }
  std::vector<Figure::Term> trivial;
  add_terms(trivial, trivial_dice, naming);
  out.emplace_back(trivial_dice, Figure::ratio(trivial, {{"", static_cast<double>(naming.channels.size())}}));
  return out;
}

std::vector<std::int64_t> known_masks(const MaskNaming& naming, const ImageTable& table) {
  std::vector<std::int64_t> out;
  for (const std::string& name : columns(reference, naming)) {
    const std::vector<double>* pixels = table.find_numbers(name);
    out.push_back(pixels ? std::count_if(pixels->begin(), pixels->end(), [](double one) { return !std::isnan(one); }) : 0);
  }
  return out;
}

EmptyMasks empty_masks(const MaskNaming& naming, const ImageTable& table) {
  return {zeros(naming, table, reference), zeros(naming, table, predicted)};
}

}  // namespace leat
