#pragma once

#include <ATen/core/Tensor.h>

namespace leat {

/// Returns a host tensor on the device. A copy to a GPU waits until it is done, or, if `set_copies_wait(false)` was called on this thread,
/// it goes through pinned memory and only is given to the stream. [any thread]
[[nodiscard]] at::Tensor to_device(const at::Tensor& host, const at::Device& device);
/// Returns an empty host tensor that `to_device` need not copy once more. [any thread]
[[nodiscard]] at::Tensor empty_for(const at::Device& device, at::IntArrayRef sizes, at::ScalarType type);

/// For this thread: whether copies to a GPU wait. At first they do.
void set_copies_wait(bool wait);

}  // namespace leat
