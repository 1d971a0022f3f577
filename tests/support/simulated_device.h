#pragma once

#include <c10/core/Device.h>
#include <cstdint>
#include <memory>
#include <string>

#include "tensor/device_graph.h"

namespace leat {

/// A device of LibTorch that is not the CPU, without a device: `privateuseone:0`. Its memory is the host's, and the CPU's kernels compute,
/// but for LibTorch and for Leat its tensors are those of another device: numbers are copied there and back, and the operations for a GPU
/// run. One per process.
[[nodiscard]] at::Device simulated_device();

/// Returns a graph of the simulated device. While it is captured, operations give tensors of NaN and change nothing, as on a GPU nothing is
/// computed then. A launch does the operations again, on the same memory.
[[nodiscard]] std::unique_ptr<DeviceGraph> make_simulated_graph();

/// The simulated device has the kernel of dropout (`PrepareDropout`).
[[nodiscard]] std::string prepare_simulated_dropout(at::Device device);

/// Returns the number of operations that the device did, and of those that came from a graph.
[[nodiscard]] std::int64_t simulated_operations();
[[nodiscard]] std::int64_t simulated_operations_of_graphs();

}  // namespace leat
