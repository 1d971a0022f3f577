#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "leat/preview.h"

namespace leat::viewer {

/// Describes the values of an output for the page, and appends their numbers to `bytes`. Of a value for a whole step, only the first `rows`
/// rows are described; 0: all.
[[nodiscard]] nlohmann::json values_json(const PreviewedOutput& output, int rows, std::string& bytes);

}  // namespace leat::viewer
