#pragma once

#include <c10/core/Device.h>
#include <memory>

#include "leat/lane.h"
#include "tensor/device_graph.h"
#include "tensor/dropout_operation.h"

namespace leat {

/// Returns the lane of a device other than the CPU. Its modes are `plain`, `async` and, if `make_graph` is not null, `captured`.
[[nodiscard]] std::unique_ptr<Lane> make_accelerator_lane(at::Device device, MakeDeviceGraph make_graph, PrepareDropout prepare_dropout);

}  // namespace leat
