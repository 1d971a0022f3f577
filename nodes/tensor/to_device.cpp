#include "tensor/to_device.h"

#include <ATen/ops/empty.h>

#include "tensor/segment_recording.h"

namespace leat {
namespace {

thread_local bool copies_wait = true;

}  // namespace

void set_copies_wait(bool wait) { copies_wait = wait; }

at::Tensor to_device(const at::Tensor& host, const at::Device& device) {
  // A recording copies the numbers of all tensors into one buffer of its own.
  if (!device.is_cuda() || !host.device().is_cpu() || copies_wait || SegmentRecording::running()) return host.to(device);
  // LibTorch gives pinned memory back for reuse when the copy is done.
  const at::Tensor pinned = host.is_pinned() ? host : host.pin_memory();
  return pinned.to(device, /*non_blocking=*/true);
}

at::Tensor empty_for(const at::Device& device, at::IntArrayRef sizes, at::ScalarType type) {
  const bool is_pinned = device.is_cuda() && !copies_wait && !SegmentRecording::running();
  return at::empty(sizes, at::TensorOptions().dtype(type).pinned_memory(is_pinned));
}

}  // namespace leat
