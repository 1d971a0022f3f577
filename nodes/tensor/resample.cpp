#include "tensor/resample.h"

#include <ATen/ops/matmul.h>
#include <ATen/ops/max.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/zeros.h>
#include <algorithm>

namespace leat {
namespace {

/// to x from: row i has the weights with which the i-th pixel takes those of the source.
at::Tensor interpolation(std::int64_t from, std::int64_t to, Aligned aligned, at::Device device) {
  at::Tensor matrix = at::zeros({to, from}, at::kFloat);
  float* weights = matrix.mutable_data_ptr<float>();
  const float corners = to > 1 ? static_cast<float>(from - 1) / static_cast<float>(to - 1) : 0.0f;
  const float edges = static_cast<float>(from) / static_cast<float>(to);
  for (std::int64_t i = 0; i < to; ++i) {
    const float row = static_cast<float>(i);
    const float at = aligned == Aligned::Corners ? row * corners : std::max(0.0f, (row + 0.5f) * edges - 0.5f);
    const std::int64_t low = std::min(static_cast<std::int64_t>(at), from - 1);
    const float share = at - static_cast<float>(low);
    weights[i * from + low] += 1 - share;
    weights[i * from + std::min(low + 1, from - 1)] += share;
  }
  return matrix.to(device);
}

}  // namespace

at::Tensor resize_by_products(const at::Tensor& x, std::int64_t height, std::int64_t width, Aligned aligned) {
  const at::Tensor columns = interpolation(x.size(3), width, aligned, x.device()).t();
  return at::matmul(interpolation(x.size(2), height, aligned, x.device()), at::matmul(x, columns));
}

at::Tensor resize_bilinear(const at::Tensor& x, std::int64_t height, std::int64_t width, Aligned aligned) {
  return x.is_cpu() ? at::upsample_bilinear2d(x, {height, width}, aligned == Aligned::Corners) : resize_by_products(x, height, width, aligned);
}

at::Tensor pool_by_reduction(const at::Tensor& x) {
  const std::int64_t rows = x.size(0), channels = x.size(1), height = x.size(2) / 2, width = x.size(3) / 2;
  const at::Tensor pairs = x.view({rows, channels, height, 2, width, 2}).permute({0, 1, 2, 4, 3, 5});
  return std::get<0>(at::max(pairs.reshape({rows, channels, height, width, 4}), -1));
}

at::Tensor pool_by_maximum(const at::Tensor& x) { return x.is_cpu() ? at::max_pool2d(x, {2, 2}) : pool_by_reduction(x); }

}  // namespace leat
