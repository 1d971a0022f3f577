#pragma once

#include <array>
#include <filesystem>
#include <string>

#include "io/split/entry.h"

namespace leat {

/// The two halves of a data set of nnU-Net.
struct NnunetPart {
  const char* images;  ///< Folder of the images.
  const char* labels;  ///< Folder of their label maps. It need not exist.
  const char* rows;    ///< `SplitEntry::rows` of the images, if the data set has test images.
};
inline constexpr std::array<NnunetPart, 2> nnunet_parts{{{"imagesTr", "labelsTr", "train"}, {"imagesTs", "labelsTs", "test"}}};

/// Returns the entries of a nnU-Net data set. `channel_files`: as the parameter; 1: as many as `dataset.json` names. Throws Refusal at
/// `path` or `channel_files`.
[[nodiscard]] SplitEntries read_nnunet(const std::filesystem::path& folder, int channel_files);
/// Returns true if a folder has a `dataset.json`, and `imagesTr` or `imagesTs`.
[[nodiscard]] bool is_nnunet(const std::filesystem::path& folder);

/// Returns true if some image of the part is among the entries.
[[nodiscard]] bool has_images(const SplitEntries& all, const NnunetPart& part);
/// Returns true if the folder of the part's label maps exists and is not empty.
[[nodiscard]] bool has_labels(const SplitEntries& all, const NnunetPart& part);
/// Returns "there is no folder `labelsTs`, which would have the labels of `imagesTs`" if no part of the entries has labels; empty: one has.
[[nodiscard]] std::string why_no_labels(const SplitEntries& all);

}  // namespace leat
