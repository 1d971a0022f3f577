#pragma once

#include <string>
#include <vector>

#include "io/split/entry.h"

namespace leat {

/// Where the masks of one structure are: columns of the list, or folders below the data set's; several are one mask together.
struct MaskSource {
  std::string name;
  std::vector<std::string> places;
};

/// The folders or columns that texts of masks name, whether or not they are there.
[[nodiscard]] std::vector<std::string> mask_places_in(const std::vector<std::string>& texts);

/// Reads `lungs=masks`, `lungs=left_lung+right_lung`, or `lungs` alone: the column `mask` of a list that has it, else the folder `masks`.
/// Throws Refusal at `masks`.
[[nodiscard]] std::vector<MaskSource> read_mask_sources(const std::vector<std::string>& texts, const SplitEntries& all);

/// Gives each entry its masks' files and checks that they are there and have their image's aspect (by the headers). In a folder it is
/// the only picture of the image's name, whatever its ending, below the same folders or directly, and of no other image; a list's empty
/// field says that there is none. Columns that it reads are no facts. Adds to the warnings what lies in a folder and is nobody's mask.
/// Throws Refusal at `masks`.
void find_masks(SplitEntries& all, const std::vector<MaskSource>& sources);

}  // namespace leat
