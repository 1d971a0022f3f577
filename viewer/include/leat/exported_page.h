#pragma once

#include <string>

namespace leat::viewer {

/// Returns one HTML text with the page, its styles and this data, for a file that needs no server. Its policy allows no requests and no
/// other script. `json` is the data as JSON.
[[nodiscard]] std::string exported_page(const std::string& json);

}  // namespace leat::viewer
