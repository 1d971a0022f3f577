#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "io/label_map.h"

namespace leat {

/// The entries that have the masks of a sample.
struct MaskEndings {
  std::vector<std::string> names;      ///< Structures.
  std::vector<std::string> endings;    ///< Each once, in lower case. Structures can have other numbers of one label map.
  std::vector<std::size_t> ending_of;  ///< For each structure, its place in `endings`.
  LabelMaps maps;                      ///< For each structure, the use of its only file.
};

/// Parses `lungs=mask.png` and `lungs=seg.png:1+2`, the numbers 1 and 2 of a label map. `unknown`: number of unknown pixels of label maps;
/// -1: none. Throws Refusal at `masks`.
[[nodiscard]] MaskEndings read_mask_endings(const std::vector<std::string>& texts, int unknown);

}  // namespace leat
