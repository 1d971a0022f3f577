#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "leat/sample.h"

namespace leat {

/// Where a sample's picture goes below the folder of its class, `images` or a structure: as `result_path` says, in folders as its file is;
/// `A/test/0001`, which is drawn, gives `A_test_0001.png`. Never another sample's path.
[[nodiscard]] std::filesystem::path dataset_path(const Sample& sample);

/// Throws Refusal where one of these names cannot be a folder's, or one that `io.split` skips.
void check_folder_names(const std::vector<std::string>& names, const std::string& param);

/// The folder of a mask and its column in the list, as JSRT has them: `masks` and `mask` for the first, `masks_heart` and `mask_heart`.
struct MaskPlace {
  std::string folder;
  std::string column;
};
[[nodiscard]] std::vector<MaskPlace> mask_places(const std::vector<std::string>& names);

}  // namespace leat
