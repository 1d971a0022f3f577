#include <ATen/cuda/CUDAGraph.h>
#include <memory>

#include "tensor/device_graph.h"

namespace leat {

namespace {

/// Memory of its tensors comes from a pool of its own. Other threads can use the device meanwhile.
class CudaGraph final : public DeviceGraph {
 public:
  void begin() override { graph_.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal); }
  void end() override { graph_.capture_end(); }
  void launch() override { graph_.replay(); }

 private:
  at::cuda::CUDAGraph graph_;
};

}  // namespace

MakeDeviceGraph cuda_graphs() {
  return [] { return std::make_unique<CudaGraph>(); };
}

}  // namespace leat
