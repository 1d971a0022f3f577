#pragma once

#include <nlohmann/json.hpp>

#include "run/checkpoint.h"

namespace leat::run {

/// What a checkpoint's manifest.json says: its numbers, and hashes of its files and of itself.
[[nodiscard]] nlohmann::json manifest_of(const Checkpoint& checkpoint);
/// The checkpoint of a manifest, but its resources and states. Throws std::runtime_error or nlohmann::json::exception where it is not what
/// was written.
[[nodiscard]] Checkpoint numbers_of(const nlohmann::json& manifest);

}  // namespace leat::run
