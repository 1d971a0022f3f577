#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/stack.h>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "tensor/captured.h"

namespace leat {

/// Numbers on a device that metrics read when the step is finished. The first read copies all of them to the host at once. [any thread]
class Readout {
 public:
  /// Takes scalars of one type and device, without their gradient graph.
  explicit Readout(const std::vector<at::Tensor>& scalars) : Readout(at::stack(scalars)) {}
  /// Takes all elements of one tensor, without their gradient graph.
  explicit Readout(const at::Tensor& numbers) : kept_(std::make_shared<Kept>()) { kept_->device = keep_tensor(numbers.detach()); }

  /// Returns a function that reads one element.
  [[nodiscard]] std::function<double()> number(int which) const {
    return later([which](const std::vector<double>& numbers) { return numbers.at(static_cast<std::size_t>(which)); });
  }
  /// Returns a function that passes all elements to `read` and returns its result.
  [[nodiscard]] std::function<double()> later(std::function<double(const std::vector<double>&)> read) const {
    return [kept = kept_, read = std::move(read)] { return read(kept->numbers()); };
  }

 private:
  struct Kept {
    KeptTensor device;
    std::once_flag once;
    std::vector<double> host;

    const std::vector<double>& numbers() {
      std::call_once(once, [this] {
        const at::Tensor read = device->to(at::kCPU, at::kDouble).contiguous();
        host.assign(read.const_data_ptr<double>(), read.const_data_ptr<double>() + read.numel());
        device.reset();
      });
      return host;
    }
  };
  std::shared_ptr<Kept> kept_;
};

}  // namespace leat
