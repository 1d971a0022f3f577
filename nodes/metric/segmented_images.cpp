#include "metric/segmented_images.h"

#include "leat/diagnostics.h"
#include "metric/mask_similarity.h"

namespace leat {

namespace {

struct Measure {
  std::string name;
  double (*of)(const JudgedMask&);
  double unit = 1;
};

std::vector<Measure> overlap_measures() {
  return {{"dice", [](const JudgedMask& mask) { return mask.overlap.dice(); }},
          {"jaccard", [](const JudgedMask& mask) { return mask.overlap.jaccard(); }},
          {"precision", [](const JudgedMask& mask) { return mask.overlap.precision(); }},
          {"recall", [](const JudgedMask& mask) { return mask.overlap.recall(); }}};
}

std::vector<Measure> distance_measures() {
  return {{"ahd_allpixel", [](const JudgedMask& mask) { return mask.distances.ahd_allpixel; }},
          {"assd", [](const JudgedMask& mask) { return mask.distances.assd; }},
          {"hd95", [](const JudgedMask& mask) { return mask.distances.hd95; }}};
}

/// Those that each mask has.
std::vector<Measure> measures(double spacing_mm) {
  std::vector<Measure> out = overlap_measures();
  out.push_back({"ssim", [](const JudgedMask& mask) { return mask.ssim; }});
  for (const Measure& distance : distance_measures()) out.push_back(distance);
  if (spacing_mm > 0)
    for (const Measure& distance : distance_measures()) out.push_back({distance.name + "_mm", distance.of, spacing_mm});
  return out;
}

double value(const Measure& measure, const SegmentedImages& images, std::size_t image, std::size_t channel) {
  return measure.unit * measure.of(images.masks[image * static_cast<std::size_t>(images.channels) + channel]);
}

double mean_of(const SegmentedImages& images, const Measure& measure, std::size_t channel) {
  double sum = 0;
  for (std::size_t k = 0; k < images.size(); ++k) sum += value(measure, images, k, channel);
  return sum / static_cast<double>(images.size());
}

}  // namespace

JudgedMask judge(const MaskPair& masks) { return {overlap(masks), structural_similarity(masks), mask_distances(masks)}; }

void SegmentedImages::add(const Sample& sample, const std::vector<JudgedMask>& of_channels) {
  images.add(sample);
  masks.insert(masks.end(), of_channels.begin(), of_channels.end());
}

void SegmentedImages::save(Archive& archive, const std::string& name) const {
  std::vector<std::int64_t> counts;
  std::vector<double> figures;
  for (const auto& [overlap, ssim, distances] : masks) {
    counts.insert(counts.end(), {overlap.shared, overlap.predicted, overlap.reference, overlap.pixels});
    figures.insert(figures.end(), {ssim, distances.ahd_allpixel, distances.assd, distances.hd95});
  }
  archive.put(name + ".channels", channels);
  images.save(archive, name);
  archive.put(name + ".counts", std::span<const std::int64_t>(counts));
  archive.put(name + ".figures", std::span<const double>(figures));
  archive.put(name + ".dropped", dropped);
}

void SegmentedImages::load(const Archive& archive, const std::string& name) {
  channels = archive.whole(name + ".channels");
  images.load(archive, name);
  dropped = archive.whole(name + ".dropped");
  masks.clear();
  const std::vector<std::int64_t> counts = archive.wholes(name + ".counts");
  const std::vector<double> figures = archive.numbers(name + ".figures");
  for (std::size_t k = 0; k + 3 < counts.size(); k += 4)
    masks.push_back(
        {{counts[k], counts[k + 1], counts[k + 2], counts[k + 3]}, figures[k], {figures[k + 1], figures[k + 2], figures[k + 3]}});
}

void check_mask_names(const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (names.size() > 1 && (name == "pooled" || name == "mm" || name.starts_with("mm_")))
      throw Refusal("of a mask called `" + name + "` the figure `" + (name == "pooled" ? "dice_" : "assd_") + name +
                        "` could not be told from one of all masks",
                    "masks");
}

std::vector<std::pair<std::string, double>> segmentation_scores(const SegmentedImages& images, const MaskNaming& naming) {
  const std::vector<std::string>& names = naming.channels;
  std::vector<std::pair<std::string, double>> out, each;
  for (const Measure& measure : measures(naming.spacing_mm)) {
    double sum = 0;
    for (std::size_t c = 0; c < names.size(); ++c) {
      each.emplace_back(measure.name + "_" + names[c], mean_of(images, measure, c));
      sum += each.back().second;
    }
    out.emplace_back(measure.name, sum / static_cast<double>(names.size()));
  }
  if (names.size() > 1) out.insert(out.end(), each.begin(), each.end());
  double empty_references = 0, empty_predictions = 0, trivial = 0;
  JudgedMask all;
  for (const JudgedMask& mask : images.masks) {
    trivial += mask.overlap.trivial_dice();
    empty_references += mask.overlap.reference == 0;
    empty_predictions += mask.overlap.predicted == 0;
    all.overlap += mask.overlap;
  }
  for (const Measure& measure : overlap_measures()) out.emplace_back(measure.name + "_pooled", measure.of(all));
  out.emplace_back("trivial_dice", trivial / static_cast<double>(images.masks.size()));
  out.emplace_back("empty_reference", empty_references);
  out.emplace_back("empty_prediction", empty_predictions);
  return out;
}

ImageTable segmentation_table(const SegmentedImages& images, const MaskNaming& naming) {
  const std::vector<std::string>& names = naming.channels;
  const std::vector<Measure> all = measures(naming.spacing_mm);
  std::vector<std::string> columns = JudgedImages::columns();
  for (const std::string& name : names)
    for (const Measure& measure : all) columns.push_back(names.size() > 1 ? measure.name + "_" + name : measure.name);
  ImageTable out(columns);
  for (std::size_t k = 0; k < images.size(); ++k) {
    std::vector<std::string> fields = images.images.fields(k);
    for (std::size_t c = 0; c < names.size(); ++c)
      for (const Measure& measure : all) fields.push_back(csv_number(value(measure, images, k, c)));
    out.add(fields);
  }
  return out;
}

}  // namespace leat
