#pragma once

#include <string>
#include <vector>

#include "io/split/entry.h"

namespace leat {

/// Places of the masks of one structure: columns of the list, or folders below the data set's folder. The mask is the union over the
/// places.
struct MaskSource {
  std::string name;
  std::vector<std::string> places;
};

/// Returns the folders or columns that the texts of the parameter `masks` name, whether or not they exist.
[[nodiscard]] std::vector<std::string> mask_places_in(const std::vector<std::string>& texts);

/// Returns the folders without images that the parameters `masks` and `left_out` name, except folders that are called masks. These are left
/// out of any data set.
[[nodiscard]] std::vector<std::string> folders_without_images(const std::vector<std::string>& masks,
                                                              const std::vector<std::string>& left_out);

/// Parses `lungs=masks`, `lungs=left_lung+right_lung`, or `lungs` alone, which means the first of these that exists: the list's column
/// `mask_lungs`, the folder `masks_lungs`, the column `mask`, the folder `masks`. Throws Refusal at `masks`.
[[nodiscard]] std::vector<MaskSource> read_mask_sources(const std::vector<std::string>& texts, const SplitEntries& all);

/// Sets the mask files of each entry. Checks that they exist and, by their headers, that they have the aspect ratio of the image. In a
/// folder, a mask is the only picture with the image's name and any ending, below the same folders or fewer. Two images cannot share it. In
/// a list, an empty field means that there is no mask. Removes columns of masks from the facts. Warns of pictures in a folder of masks that
/// belong to no image. Throws Refusal at `masks`.
void find_masks(SplitEntries& all, const std::vector<MaskSource>& sources);

}  // namespace leat
