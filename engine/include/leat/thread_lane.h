#pragma once

#include <memory>
#include <string>

#include "leat/lane.h"
#include "leat/registry.h"

namespace leat {

/// Returns a lane of one plain thread, for graphs without a device's library. Its device is `cpu`.
[[nodiscard]] std::unique_ptr<Lane> make_thread_lane();
/// Returns the registry's lane for a device, or a plain thread if the registry has no lanes. Throws Refusal if there is no such device.
[[nodiscard]] std::unique_ptr<Lane> make_lane(const Registry& registry, const std::string& device);

}  // namespace leat
