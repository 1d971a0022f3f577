#include "io/split/mask_trial.h"

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>
#include <utility>

#include "leat/file_contents.h"
#include "leat/wording.h"

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

struct Drawing {
  std::string drawn;
  std::size_t count = 0;
  const std::filesystem::path* first = nullptr;
};

/// Returns "masks of `lungs` use different values: 1 in 38 files, 2 in 20; the first are `a.png` and `b.png`; …".
std::string sentence_of(const std::string& structure, std::vector<Drawing> drawings) {
  std::stable_sort(drawings.begin(), drawings.end(), [](const Drawing& one, const Drawing& other) { return one.count > other.count; });
  constexpr std::size_t shown = 4;
  std::string out = "masks of `" + structure + "` use different values: ";
  for (std::size_t k = 0; k < std::min(shown, drawings.size()); ++k)
    out += (k == 0 ? "" : ", ") + drawings[k].drawn + " in " + std::to_string(drawings[k].count) +
           (k > 0                    ? ""
            : drawings[k].count == 1 ? " file"
                                     : " files");
  if (drawings.size() > shown) out += " and " + std::to_string(drawings.size() - shown) + " others";
  return out + "; the first are `" + drawings[0].first->string() + "` and `" + drawings[1].first->string() +
         "`; each is read as inside, so if the values are different structures, put each structure into a folder or column of its own; "
         "if not, save all masks with one value";
}

}  // namespace

std::vector<std::string> MaskTrial::doubts(const std::vector<SplitEntry>& entries, const std::vector<int>& images,
                                           const std::vector<std::string>& structures) const {
  // A structure, the number of its files of an image, and which of them: masks of two places can have two values.
  std::map<std::array<std::size_t, 3>, std::vector<Drawing>> found;
  for (const int image : images) {
    const auto tried = drawings_.find(image);
    if (tried == drawings_.end()) continue;
    const auto& files = entries[static_cast<std::size_t>(image)].masks;
    for (std::size_t k = 0; k < tried->second.size(); ++k)
      for (std::size_t which = 0; which < tried->second[k].size(); ++which) {
        const std::string& drawn = tried->second[k][which].drawn;
        if (drawn.empty()) continue;
        std::vector<Drawing>& of_place = found[{k, tried->second[k].size(), which}];
        auto same = std::find_if(of_place.begin(), of_place.end(), [&](const Drawing& one) { return one.drawn == drawn; });
        if (same == of_place.end()) same = of_place.insert(same, {drawn, 0, &files[k][which]});
        ++same->count;
      }
  }
  std::vector<std::string> out;
  for (auto& [place, drawings] : found)
    if (drawings.size() > 1) out.push_back(sentence_of(structures[place[0]], std::move(drawings)));
  if (std::string sentence = absent_numbers(images, structures); !sentence.empty()) out.push_back(std::move(sentence));
  return out;
}

/// Returns "no label map that was read has the number 3 of `lung` (4 files)"; an empty text if each number is in some file.
std::string MaskTrial::absent_numbers(const std::vector<int>& images, const std::vector<std::string>& structures) const {
  std::string out;
  for (std::size_t k = 0; k < maps_.size(); ++k)
    for (std::size_t which = 0; which < maps_[k].size(); ++which) {
      std::set<int> found;
      std::size_t files = 0;
      for (const int image : images) {
        const auto tried = drawings_.find(image);
        if (tried == drawings_.end() || tried->second.size() <= k || tried->second[k].size() <= which) continue;
        const std::set<int>& numbers = tried->second[k][which].numbers;
        found.insert(numbers.begin(), numbers.end());
        ++files;
      }
      for (const int number : maps_[k][which].inside)
        if (files > 0 && !found.contains(number))
          out += (out.empty() ? "no label map that was read has the number " : ", ") + std::to_string(number) + " of `" + structures[k] +
                 "` (" + counted(files, "file") + ")";
    }
  return out;
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
