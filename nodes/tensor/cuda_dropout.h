#pragma once

#include <c10/core/Device.h>
#include <string>
#include <vector>

#include "tensor/cuda_kernel.h"

// The kernel of `leat::dropout` for CUDA devices, compiled when a run needs it. No compiler of CUDA is needed to build Leat.
namespace leat {

/// Compiles the kernel for a CUDA device and loads it, once per process and device. Returns why it cannot, as a clause; empty if it can.
/// Not while the calling thread captures. [any thread]
[[nodiscard]] std::string prepare_cuda_dropout(at::Device device);

/// Compiles and loads the kernel with the first of these copies of NVRTC that can. Throws std::runtime_error with a reason for each.
[[nodiscard]] CudaKernel load_dropout_kernel(const std::string& driver, const std::vector<std::string>& nvrtc, int device);

/// Returns the text of dropout_kernel.h, which the library contains.
[[nodiscard]] const char* dropout_kernel_text();

}  // namespace leat
