#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "leat/sample.h"

namespace leat {

/// Returns the path of a sample's image below the folder of its class, of `images` or of a structure. A sample with a file gets
/// `result_path`, with the folders of its file. A drawn sample, such as `A/test/0001`, gets a flat name, `A_test_0001.png`.
/// Invariant: different samples have different paths.
[[nodiscard]] std::filesystem::path dataset_path(const Sample& sample);

/// Throws Refusal if one of the names cannot be a folder's name, or names a folder that `io.split` skips.
void check_folder_names(const std::vector<std::string>& names, const std::string& param);

/// The folder of a mask and its column in the list, named as in JSRT: `masks` and `mask` for the first, then `masks_heart` and
/// `mask_heart`.
struct MaskPlace {
  std::string folder;
  std::string column;
};
[[nodiscard]] std::vector<MaskPlace> mask_places(const std::vector<std::string>& names);

}  // namespace leat
