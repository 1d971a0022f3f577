#pragma once

#include <c10/core/Device.h>
#include <functional>
#include <memory>

namespace leat {

/// The work that was given to a device between `begin` and `end`, to be given again at once. For a CUDA device it is a CUDA graph (CUDA
/// Programming Guide, "CUDA Graphs"). The tensors that such work makes keep their memory as long as the graph. [worker]
class DeviceGraph {
 public:
  virtual ~DeviceGraph() = default;

  /// From here on the device records the work of the current stream and does not do it.
  virtual void begin() = 0;
  virtual void end() = 0;
  /// Gives the recorded work to the current stream.
  virtual void launch() = 0;
};

using MakeDeviceGraph = std::function<std::unique_ptr<DeviceGraph>()>;

/// Returns what makes CUDA graphs, or null if this build has no CUDA.
[[nodiscard]] MakeDeviceGraph cuda_graphs();

}  // namespace leat
