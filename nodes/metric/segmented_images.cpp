#include "metric/segmented_images.h"

#include "metric/name_lines.h"

namespace leat {

namespace {

struct Measure {
  const char* name;
  double (Overlap::*of)() const;
};
constexpr Measure measures[] = {{"dice", &Overlap::dice}, {"jaccard", &Overlap::jaccard}, {"precision", &Overlap::precision}, {"recall", &Overlap::recall}};

const Overlap& at(const SegmentedImages& images, std::size_t image, std::size_t channel) {
  return images.overlaps[image * static_cast<std::size_t>(images.channels) + channel];
}

double mean_of(const SegmentedImages& images, const Measure& measure, std::size_t channel) {
  double sum = 0;
  for (std::size_t k = 0; k < images.size(); ++k) sum += (at(images, k, channel).*measure.of)();
  return sum / static_cast<double>(images.size());
}

}  // namespace

void SegmentedImages::add(const std::string& id, const std::string& group, const std::vector<Overlap>& of_channels) {
  ids.push_back(id);
  groups.push_back(group);
  overlaps.insert(overlaps.end(), of_channels.begin(), of_channels.end());
}

void SegmentedImages::save(Archive& archive, const std::string& name) const {
  std::vector<std::int64_t> counts;
  for (const Overlap& overlap : overlaps) counts.insert(counts.end(), {overlap.shared, overlap.predicted, overlap.reference, overlap.pixels});
  archive.put(name + ".channels", channels);
  archive.put(name + ".ids", lines_of(ids));
  archive.put(name + ".groups", lines_of(groups));
  archive.put(name + ".counts", std::span<const std::int64_t>(counts));
  archive.put(name + ".dropped", dropped);
}

void SegmentedImages::load(const Archive& archive, const std::string& name) {
  channels = archive.whole(name + ".channels");
  ids = names_of(archive.text(name + ".ids"));
  groups = names_of(archive.text(name + ".groups"));
  dropped = archive.whole(name + ".dropped");
  overlaps.clear();
  const std::vector<std::int64_t> counts = archive.wholes(name + ".counts");
  for (std::size_t k = 0; k + 3 < counts.size(); k += 4) overlaps.push_back({counts[k], counts[k + 1], counts[k + 2], counts[k + 3]});
}

std::vector<std::pair<std::string, double>> segmentation_scores(const SegmentedImages& images, const std::vector<std::string>& names) {
  std::vector<std::pair<std::string, double>> out, each;
  for (const Measure& measure : measures) {
    double sum = 0;
    for (std::size_t c = 0; c < names.size(); ++c) {
      each.emplace_back(std::string(measure.name) + "_" + names[c], mean_of(images, measure, c));
      sum += each.back().second;
    }
    out.emplace_back(measure.name, sum / static_cast<double>(names.size()));
  }
  if (names.size() > 1) out.insert(out.end(), each.begin(), each.end());
  double empty_references = 0, empty_predictions = 0, trivial = 0;
  for (const Overlap& overlap : images.overlaps) {
    trivial += overlap.trivial_dice();
    empty_references += overlap.reference == 0;
    empty_predictions += overlap.predicted == 0;
  }
  out.emplace_back("trivial_dice", trivial / static_cast<double>(images.overlaps.size()));
  out.emplace_back("empty_reference", empty_references);
  out.emplace_back("empty_prediction", empty_predictions);
  return out;
}

ImageTable segmentation_table(const SegmentedImages& images, const std::vector<std::string>& names) {
  std::vector<std::string> columns{"image", "group"};
  for (const std::string& name : names)
    for (const Measure& measure : measures) columns.push_back(names.size() > 1 ? std::string(measure.name) + "_" + name : measure.name);
  ImageTable out(columns);
  for (std::size_t k = 0; k < images.size(); ++k) {
    std::vector<std::string> fields{images.ids[k], images.groups[k]};
    for (std::size_t c = 0; c < names.size(); ++c)
      for (const Measure& measure : measures) fields.push_back(csv_number((at(images, k, c).*measure.of)()));
    out.add(fields);
  }
  return out;
}

}  // namespace leat
