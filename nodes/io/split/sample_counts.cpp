#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "io/split.h"

namespace leat {

/// Of images for training, those count as labels or masks that are within the budget; of others, all that have them. An image with several
/// classes counts in each.
std::vector<SampleCount> Split::sample_counts() const {
  std::vector<char> is_validation(all_.entries.size(), 0);
  for (const int image : validation_) is_validation[static_cast<std::size_t>(image)] = 1;
  const bool is_parted = is_trained_on() || !validation_.empty();
  // In the order of the parts, then of the classes; images without a class come last.
  std::map<std::pair<int, std::size_t>, std::pair<SampleCount, std::set<int>>> counts;
  for (std::size_t k = 0; k < all_.entries.size(); ++k) {
    const SplitEntry& entry = all_.entries[k];
    const bool is_left_out = !is_validation[k] && is_held_out_[k];
    const int part = !is_parted || is_validation[k] ? 1 : is_left_out ? 2 : 0;
    const auto counts_as = [&](Target target) {
      return has_label(target, entry) && !is_left_out && (part == 1 || drawn(target).is_labelled[k]);
    };
    std::vector<std::size_t> classes;
    if (entry.label.index >= 0) classes.push_back(static_cast<std::size_t>(entry.label.index));
    for (std::size_t c = 0; c < entry.label.several.size(); ++c)
      if (entry.label.several[c] == 1) classes.push_back(c);
    if (classes.empty()) classes.push_back(class_names_.size());
    for (const std::size_t c : classes) {
      auto& [count, patients] = counts[{part, c}];
      count.part = !is_parted ? "all" : part == 0 ? "training" : part == 1 ? "validation" : "left out";
      count.class_name = c < class_names_.size() ? class_names_[c] : "";
      ++count.images;
      count.labels += counts_as(Target::Classes) ? 1 : 0;
      count.masks += counts_as(Target::Masks) ? 1 : 0;
      patients.insert(groups_[k]);
    }
  }
  std::vector<SampleCount> out;
  for (auto& [place, counted] : counts) {
    out.push_back(std::move(counted.first));
    out.back().patients = static_cast<std::int64_t>(counted.second.size());
  }
  return out;
}

}  // namespace leat
