#pragma once

#include <memory>
#include <string>

#include "leat/lane.h"
#include "leat/registry.h"

namespace leat {

/// A lane that is one plain thread, for graphs without a device's library. Its device is `cpu`.
[[nodiscard]] std::unique_ptr<Lane> make_thread_lane();
/// The registry's lane for a device, or that plain thread where it makes none; throws Refusal for a device that is not there.
[[nodiscard]] std::unique_ptr<Lane> make_lane(const Registry& registry, const std::string& device);

}  // namespace leat
