#include "model/max_pool.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>
#include <algorithm>

#include "model/max_pool_loops.h"
#include "tensor/parallel.h"

namespace leat {
namespace {

/// Calls work(plane) for each of N x C planes, on the threads of LibTorch's pool.
template <class Work>
void for_planes(const at::Tensor& x, const Work& work) {
  const std::int64_t planes = x.size(0) * x.size(1), size = std::max<std::int64_t>(x.size(2) * x.size(3), 1);
  constexpr std::int64_t least_values = 32768;
  in_parallel(planes, std::max<std::int64_t>(least_values / size, 1), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t plane = begin; plane < end; ++plane) work(plane);
  });
}

struct MaxPoolFunction : torch::autograd::Function<MaxPoolFunction> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x) {
    const std::int64_t height = x.size(2), width = x.size(3), rows = height / 2, columns = width / 2;
    at::Tensor out = at::empty({x.size(0), x.size(1), rows, columns}, x.options());
    at::Tensor places = at::empty(out.sizes(), x.options().dtype(at::kByte));
    const float* from = x.const_data_ptr<float>();
    float* to = out.mutable_data_ptr<float>();
    std::uint8_t* place = places.mutable_data_ptr<std::uint8_t>();
    for_planes(x, [=](std::int64_t plane) {
      for (std::int64_t y = 0; y < rows; ++y) {
        const float* upper = from + (plane * height + 2 * y) * width;
        const std::int64_t at = (plane * rows + y) * columns;
        pool_row(upper, upper + width, to + at, place + at, columns);
      }
    });
    context->save_for_backward({places});
    context->saved_data["height"] = height;
    context->saved_data["width"] = width;
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const at::Tensor places = context->get_saved_variables()[0], gradient = gradients[0].contiguous();
    const std::int64_t height = context->saved_data["height"].toInt(), width = context->saved_data["width"].toInt();
    const std::int64_t rows = gradient.size(2), columns = gradient.size(3);
    const bool is_even = height == 2 * rows && width == 2 * columns;
    const std::vector<std::int64_t> sizes{gradient.size(0), gradient.size(1), height, width};
    at::Tensor out = is_even ? at::empty(sizes, gradient.options()) : at::zeros(sizes, gradient.options());
    const float* from = gradient.const_data_ptr<float>();
    const std::uint8_t* place = places.const_data_ptr<std::uint8_t>();
    float* to = out.mutable_data_ptr<float>();
    for_planes(out, [=](std::int64_t plane) {
      for (std::int64_t y = 0; y < rows; ++y) {
        float* upper = to + (plane * height + 2 * y) * width;
        const std::int64_t at = (plane * rows + y) * columns;
        unpool_row(from + at, place + at, upper, upper + width, columns);
      }
    });
    return {out};
  }
};

}  // namespace

at::Tensor max_pool(const at::Tensor& x) {
  if (!x.is_cpu() || x.scalar_type() != at::kFloat || !x.is_contiguous()) return at::max_pool2d(x, {2, 2});
  return MaxPoolFunction::apply(x);
}

}  // namespace leat
