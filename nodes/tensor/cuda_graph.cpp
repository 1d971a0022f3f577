#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <cuda.h>
#include <memory>

#include "tensor/device_graph.h"

// The class of LibTorch has more members from this version on, and its constructor in the library writes all of them.
static_assert(CUDA_VERSION >= 12040, "Leat needs CUDA's headers of version 12.4 or later");

namespace leat {

namespace {

/// Other threads can use the device while it captures. All graphs of a lane share one pool of memory. That is sound because they run one
/// after another on one stream, and because what is read after a graph's run is copied before the next one.
class CudaGraph final : public DeviceGraph {
 public:
  explicit CudaGraph(decltype(at::cuda::graph_pool_handle()) pool) : pool_(pool) {}

  void begin() override {
    // While a stream captures, LibTorch gives no memory back to the device, also if it needs some.
    c10::cuda::CUDACachingAllocator::emptyCache();
    graph_.capture_begin(pool_, cudaStreamCaptureModeThreadLocal);
  }
  void end() override { graph_.capture_end(); }
  void launch() override { graph_.replay(); }

 private:
  decltype(at::cuda::graph_pool_handle()) pool_;
  at::cuda::CUDAGraph graph_;
};

}  // namespace

MakeDeviceGraph cuda_graphs() {
  return [pool = at::cuda::graph_pool_handle()] { return std::make_unique<CudaGraph>(pool); };
}

}  // namespace leat
