#include "io/split/mask_doubts.h"

#include <algorithm>
#include <utility>

#include "leat/wording.h"

namespace leat {

void MaskDoubts::add(const MaskDrawings& drawings, const std::vector<std::vector<std::filesystem::path>>& files) {
  for (std::size_t k = 0; k < drawings.size(); ++k)
    for (std::size_t which = 0; which < drawings[k].size(); ++which) {
      Numbers& numbers = numbers_[{k, which}];
      numbers.found.insert(drawings[k][which].numbers.begin(), drawings[k][which].numbers.end());
      ++numbers.files;
      const std::string& drawn = drawings[k][which].drawn;
      if (drawn.empty()) continue;
      std::vector<Drawing>& of_place = drawings_[{k, drawings[k].size(), which}];
      auto same = std::find_if(of_place.begin(), of_place.end(), [&](const Drawing& one) { return one.drawn == drawn; });
      if (same == of_place.end()) same = of_place.insert(same, {drawn, 0, files[k][which]});
      ++same->count;
    }
}

/// Returns "masks of `lungs` use different values: 1 in 38 files, 2 in 20; the first are `a.png` and `b.png`; …".
std::string MaskDoubts::sentence_of(const std::string& structure, std::vector<Drawing> drawings) {
  std::stable_sort(drawings.begin(), drawings.end(), [](const Drawing& one, const Drawing& other) { return one.count > other.count; });
  constexpr std::size_t shown = 4;
  std::string out = "masks of `" + structure + "` use different values: ";
  for (std::size_t k = 0; k < std::min(shown, drawings.size()); ++k)
    out += (k == 0 ? "" : ", ") + drawings[k].drawn + " in " + std::to_string(drawings[k].count) +
           (k > 0                    ? ""
            : drawings[k].count == 1 ? " file"
                                     : " files");
  if (drawings.size() > shown) out += " and " + std::to_string(drawings.size() - shown) + " others";
  return out + "; the first are `" + drawings[0].first.string() + "` and `" + drawings[1].first.string() +
         "`; each is read as inside, so if the values are different structures, put each structure into a folder or column of its own; "
         "if not, save all masks with one value";
}

/// Returns "no label map that was read has the number 3 of `lung` (4 files)"; an empty text if each number is in some file.
std::string MaskDoubts::absent_numbers(const std::vector<std::string>& structures, const LabelMaps& maps) const {
  std::string out;
  for (std::size_t k = 0; k < maps.size(); ++k)
    for (std::size_t which = 0; which < maps[k].size(); ++which) {
      const auto known = numbers_.find({k, which});
      if (known == numbers_.end()) continue;
      for (const int number : maps[k][which].inside)
        if (!known->second.found.contains(number))
          out += (out.empty() ? "no label map that was read has the number " : ", ") + std::to_string(number) + " of `" + structures[k] +
                 "` (" + counted(known->second.files, "file") + ")";
    }
  return out;
}

std::vector<std::string> MaskDoubts::sentences(const std::vector<std::string>& structures, const LabelMaps& maps) const {
  std::vector<std::string> out;
  for (const auto& [place, drawings] : drawings_)
    if (drawings.size() > 1) out.push_back(sentence_of(structures[place[0]], drawings));
  if (std::string sentence = absent_numbers(structures, maps); !sentence.empty()) out.push_back(std::move(sentence));
  return out;
}

}  // namespace leat
