#pragma once

#include <ATen/core/Tensor.h>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

// What code of a node with equal steps says to a captured lane. The other lanes pass on what these functions get.
namespace leat {

/// A tensor that is read after its step. In a step that is replayed it is set when the segment is given to the device.
using KeptTensor = std::shared_ptr<const at::Tensor>;

/// Returns a tensor that later steps do not change. Read it after the segment. [worker]
[[nodiscard]] KeptTensor keep_tensor(const at::Tensor& tensor);

/// Runs `work`, which is recorded as one operation: in later steps it does not run. For work around LibTorch's dispatcher, such as a
/// computation of gradients. `work` depends on the tensors that it gets, and on what is the same in every step. Its name must differ where
/// it differs. [worker]
[[nodiscard]] std::vector<at::Tensor> as_one_operation(std::string_view name, const std::vector<at::Tensor>& tensors,
                                                       const std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)>& work);

}  // namespace leat
