#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "leat/archive.h"
#include "leat/check_behaviour.h"
#include "leat/description.h"
#include "leat/registry.h"

namespace leat::conformance {

/// Weights by the names of resources.
using Weights = std::map<std::string, Archive>;

/// Returns the device of a trial. One thread is enough: the speed of the lane does not matter there.
[[nodiscard]] std::string device_of(const Registry& registry);

/// Trains so many steps, in a child process, and returns what the resources save then. Nullopt if that fails.
[[nodiscard]] std::optional<Weights> weights_after(const GraphDescription& graph, const Registry& registry,
                                                   const ConformanceSettings& settings);

/// Returns weights with the numbers of each entry at other places.
[[nodiscard]] Weights shuffled(const Weights& weights, std::uint64_t seed);

}  // namespace leat::conformance
