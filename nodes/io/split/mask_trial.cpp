#include "io/split/mask_trial.h"

#include <stdexcept>
#include <utility>

#include "io/split/mask_doubts.h"
#include "leat/file_contents.h"

namespace leat {

namespace {

/// Returns why the masks of an image cannot be used; an empty string if they can. Sets what they are drawn with.
std::string fault_of(const SplitEntry& entry, const LabelMaps& maps, MaskDrawings& drawings) {
  try {
    drawings = try_masks(entry.masks, entry.header(), maps);
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

}  // namespace

std::vector<std::string> MaskTrial::doubts(const std::vector<SplitEntry>& entries, const std::vector<int>& images,
                                           const std::vector<std::string>& structures) const {
  MaskDoubts out;
  for (const int image : images)
    if (const auto tried = drawings_.find(image); tried != drawings_.end())
      out.add(tried->second, entries[static_cast<std::size_t>(image)].masks);
  return out.sentences(structures, maps_);
}

MaskTrial::Found MaskTrial::faults(const std::vector<SplitEntry>& entries, const std::vector<int>& images) {
  try_all(entries, images);
  Found out;
  for (const int image : images) {
    const auto found = faults_.find(image);
    if (found == faults_.end()) out.is_complete = out.is_complete && !can_try(entries[static_cast<std::size_t>(image)]);
    else if (!found->second.empty()) out.faults.push_back(found->second);
  }
  return out;
}

void MaskTrial::try_all(const std::vector<SplitEntry>& entries, const std::vector<int>& images) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now(), end = begin + (longest_ - spent_);
  struct Try {
    int image;
    bool is_done = false;
    std::string fault;
    MaskDrawings drawings;
  };
  std::vector<Try> tries;
  // Every 64th image first, so that a fault of a part of the files is found even if the time is short.
  for (std::size_t step = 64; step > 0; step /= 2)
    for (std::size_t k = 0; k < images.size(); k += step) {
      if (step < 64 && k % (2 * step) == 0) continue;
      const SplitEntry& entry = entries[static_cast<std::size_t>(images[k])];
      if (can_try(entry) && !faults_.contains(images[k])) tries.push_back({images[k], false, {}, {}});
    }
  for_each_place(tries.size(), [&](std::size_t place, std::vector<char>&) {
    Try& one = tries[place];
    const bool is_first = place == 0 && faults_.empty();
    if (!is_first && Clock::now() >= end) return;
    one.fault = fault_of(entries[static_cast<std::size_t>(one.image)], maps_, one.drawings);
    one.is_done = true;
  });
  for (Try& one : tries) {
    if (!one.is_done) continue;
    if (one.fault.empty()) drawings_.emplace(one.image, std::move(one.drawings));
    faults_.emplace(one.image, std::move(one.fault));
  }
  spent_ += Clock::now() - begin;
}

}  // namespace leat
