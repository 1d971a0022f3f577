#include "tensor/cuda_dropout.h"

#include <ATen/ops/empty_like.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/Stream.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/library.h>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>

#include "leat/check.h"
#include "tensor/dropout_operation.h"
#include "tensor/nvrtc.h"

namespace leat {
namespace {

/// The kernel of one device, or why there is none.
struct Prepared {
  std::optional<CudaKernel> kernel;
  std::string why_not;
};

/// Returns those of all devices. A kernel belongs to the process, as CUDA's context does.
const Prepared& prepared_for(int device) {
  static std::mutex mutex;
  static std::map<int, Prepared> all;
  const std::lock_guard guard(mutex);
  const auto found = all.find(device);
  if (found != all.end()) return found->second;
  Prepared& made = all[device];
  try {
    made.kernel = load_dropout_kernel("libcuda.so.1", nvrtc_places(), device);
  } catch (const std::exception& error) {
    made.why_not = error.what();
  }
  return made;
}

at::Tensor dropout_on_cuda(const at::Tensor& x, const at::Tensor& keys, std::int64_t layer, std::int64_t threshold, double scale) {
  const c10::DeviceGuard guard(x.device());
  const Prepared& prepared = prepared_for(x.device().index());
  LEAT_CHECK(prepared.kernel);
  at::Tensor out = at::empty_like(x);
  const DropoutRule rule{static_cast<std::uint32_t>(threshold), static_cast<float>(scale)};
  const DropoutLaunch launch = dropout_launch(x, keys, layer, rule, out);
  const c10::Stream stream = c10::impl::VirtualGuardImpl(at::kCUDA).getStream(x.device());
  if (x.numel() > 0) prepared.kernel->launch(stream.native_handle(), dropout_groups(x, launch), dropout_threads, launch);
  return out;
}

TORCH_LIBRARY_IMPL(leat, CUDA, library) { library.impl("dropout", &dropout_on_cuda); }

}  // namespace

std::string prepare_cuda_dropout(at::Device device) { return prepared_for(device.index()).why_not; }

CudaKernel load_dropout_kernel(const std::string& driver, const std::vector<std::string>& nvrtc, int device) {
  const auto loaded = std::make_shared<const CudaDriver>(driver);
  const int capability = loaded->capability(device);
  std::string reasons;
  for (const std::string& place : nvrtc) {
    try {
      return CudaKernel(loaded, device, Nvrtc(place).compile(dropout_kernel_text(), capability), "leat_dropout");
    } catch (const std::exception& error) {
      reasons += (reasons.empty() ? "" : "; ") + std::string(error.what());
    }
  }
  throw std::runtime_error(reasons);
}

}  // namespace leat
