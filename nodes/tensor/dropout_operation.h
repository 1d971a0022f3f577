#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <string>

#include "tensor/dropout.h"
#include "tensor/dropout_kernel.h"
#include "tensor/dropout_loops.h"

// Dropout of a layer as one operation of LibTorch, `leat::dropout`, for devices that have a kernel of it. Its gradient is the same
// operation with the same keys, so no mask is kept.
namespace leat {

/// Returns the random keys of the layers `first`, `first` + 1, ... on the host: layers x rows x `dropout_words`, int.
[[nodiscard]] at::Tensor dropout_keys(const Dropout& dropout, std::uint32_t first, std::size_t layers);

/// Returns x after the dropout of a layer. x: N x ..., float, contiguous. keys: as from `dropout_keys`, on the device of x, for N rows.
[[nodiscard]] at::Tensor dropout_operation(const at::Tensor& x, const at::Tensor& keys, std::int64_t layer, DropoutRule rule);

/// For kernels: returns the launch for the arguments of the operation. `out` is contiguous, with the sizes of x.
[[nodiscard]] DropoutLaunch dropout_launch(const at::Tensor& x, const at::Tensor& keys, std::int64_t layer, DropoutRule rule,
                                           const at::Tensor& out);
/// Returns the number of groups of a launch.
[[nodiscard]] unsigned dropout_groups(const at::Tensor& x, const DropoutLaunch& launch);

/// Makes the kernel of a device ready. Returns why it cannot be used, as a clause; empty if it can.
using PrepareDropout = std::string (*)(at::Device device);

/// For this thread: how the kernel of its device is made ready, before the first dropout. Without one, or if it fails, the operation is not
/// used. At first there is none.
void set_dropout_kernel(PrepareDropout prepare);
/// Returns true if this thread computes dropout on the device with the operation.
[[nodiscard]] bool has_dropout_kernel(at::Device device);
/// Returns a sentence for the user if this thread needed a kernel that cannot be used; empty if not, or if it was returned before.
[[nodiscard]] std::string take_dropout_note();

}  // namespace leat
