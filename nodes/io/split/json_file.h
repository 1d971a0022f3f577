#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

namespace leat {

/// Returns the content of a JSON file, with the keys in its order. Throws std::runtime_error if it cannot be read, if an object has a key
/// twice, or "it is not JSON, in line 3".
[[nodiscard]] nlohmann::ordered_json read_json(const std::filesystem::path& file);

}  // namespace leat
