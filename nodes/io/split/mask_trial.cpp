#include "io/split/mask_trial.h"

#include <stdexcept>

#include "io/mask_picture.h"

namespace leat {

MaskTrial::Found MaskTrial::faults(const std::vector<SplitEntry>& entries, const std::vector<int>& images) {
  // Every 64th image first, so that a fault of a part of the files is found even if the time is short.
  for (std::size_t step = 64; step > 0; step /= 2)
    for (std::size_t k = 0; k < images.size(); k += step) try_one(entries[static_cast<std::size_t>(images[k])], images[k]);
  Found out;
  for (const int image : images) {
    const auto found = faults_.find(image);
    if (found == faults_.end()) out.is_complete = out.is_complete && !can_try(entries[static_cast<std::size_t>(image)]);
    else if (!found->second.empty()) out.faults.push_back(found->second);
  }
  return out;
}

void MaskTrial::try_one(const SplitEntry& entry, int image) {
  if (spent_ >= longest_ || !can_try(entry) || faults_.contains(image)) return;
  const auto begin = std::chrono::steady_clock::now();
  std::string& fault = faults_[image];
  try {
    std::vector<std::string> ignored;
    (void)read_masks(entry.masks, entry.header(), ignored);
  } catch (const std::runtime_error& error) {
    fault = error.what();
  }
  spent_ += std::chrono::steady_clock::now() - begin;
}

}  // namespace leat
