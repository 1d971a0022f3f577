#pragma once

namespace leat {

/// Name of the scope, for LibTorch's profiler and the conformance kit, in which `train.step` calls an optimizer's `update`.
inline constexpr const char* update_scope = "leat.update";

}  // namespace leat
