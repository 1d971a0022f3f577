#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "leat/sample.h"

namespace leat {

/// Where what is made of a sample goes below an output folder: its id without the ending, folders kept, then `ending`. An id that leads
/// out of the folder is kept inside.
[[nodiscard]] std::filesystem::path result_path(const Sample& sample, std::string_view ending);

/// The file of one of `count` masks of a sample: `<stem>.png` of one, `<stem>_<name>.png` of several.
[[nodiscard]] std::filesystem::path mask_path(const Sample& sample, const std::string& name, std::size_t count);

}  // namespace leat
