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
  std::vector<std::vector<int>> numbers;  ///< For each place, the numbers of the structure in a label map; empty: a mask.
};

/// Returns the folders or columns that the texts of the parameter `masks` name, whether or not they exist.
[[nodiscard]] std::vector<std::string> mask_places_in(const std::vector<std::string>& texts);

/// Returns the folders without images that the parameters `masks` and `left_out` name, except folders that are called masks. These are left
/// out of any data set.
[[nodiscard]] std::vector<std::string> folders_without_images(const std::vector<std::string>& masks,
                                                              const std::vector<std::string>& left_out);

/// Parses `lungs=masks`, `lungs=left_lung+right_lung`, `lungs=labels:1+2` (the numbers 1 and 2 of a label map), or `lungs` alone, which
/// means the first of these that exists: the list's column `mask_lungs`, the folder `masks_lungs`, the column `mask`, the folder `masks`,
/// the folder `labels`. `lungs=` has no place: the structure is unknown in all images. Throws Refusal at `masks`.
[[nodiscard]] std::vector<MaskSource> read_mask_sources(const std::vector<std::string>& texts, const SplitEntries& all);

/// Sets the mask files of each entry, and the label maps. `unknown`: the number of unknown pixels of label maps; -1: none. Checks that the
/// files exist and, by their headers, that they have the aspect ratio of the image. In a folder, a mask is the only picture with the
/// image's name and any ending, below the same folders or fewer. Two images cannot share it. An image without a file, or with an empty
/// field of a list, is one of which the structure is unknown; so is one that lacks a part of a union. Removes columns of masks from the
/// facts. Warns of pictures in a folder of masks that belong to no image. Throws Refusal at `masks`.
void find_masks(SplitEntries& all, const std::vector<MaskSource>& sources, int unknown = -1);

}  // namespace leat
