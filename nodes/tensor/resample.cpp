#include "tensor/resample.h"

#include <ATen/ops/matmul.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/zeros.h>
#include <algorithm>
#include <map>
#include <tuple>

namespace leat {
namespace {

/// Returns a matrix, to x from. Row i has the weights of the source pixels for output pixel i.
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

/// Returns the same matrix, made once per size and thread, because a copy to a device waits for all the device's work.
const at::Tensor& kept_interpolation(std::int64_t from, std::int64_t to, Aligned aligned, at::Device device) {
  thread_local std::map<std::tuple<std::int64_t, std::int64_t, Aligned, at::DeviceIndex>, at::Tensor> kept;
  at::Tensor& matrix = kept[{from, to, aligned, device.index()}];
  if (!matrix.defined()) matrix = interpolation(from, to, aligned, device);
  return matrix;
}

}  // namespace

at::Tensor resize_by_products(const at::Tensor& x, std::int64_t height, std::int64_t width, Aligned aligned) {
  const at::Tensor columns = kept_interpolation(x.size(3), width, aligned, x.device()).t();
  return at::matmul(kept_interpolation(x.size(2), height, aligned, x.device()), at::matmul(x, columns));
}

at::Tensor resize_bilinear(const at::Tensor& x, std::int64_t height, std::int64_t width, Aligned aligned) {
  return x.is_cpu() ? at::upsample_bilinear2d(x, {height, width}, aligned == Aligned::Corners)
                    : resize_by_products(x, height, width, aligned);
}

}  // namespace leat
