#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "leat/recorded.h"

namespace leat::viewer {

/// Describes the values of an output for the page, and appends their numbers to `bytes`.
[[nodiscard]] nlohmann::json values_json(const ShownOutput& output, std::string& bytes);

}  // namespace leat::viewer
