#pragma once

#include <nlohmann/json.hpp>

#include "run/checkpoint.h"

namespace leat::run {

/// Returns the contents of a checkpoint's manifest.json: its numbers, and hashes of its files and of itself.
[[nodiscard]] nlohmann::json manifest_of(const Checkpoint& checkpoint);
/// Returns the checkpoint of a manifest, without resources, states and records. Throws std::runtime_error or nlohmann::json::exception if
/// the manifest is damaged.
[[nodiscard]] Checkpoint numbers_of(const nlohmann::json& manifest);

}  // namespace leat::run
