#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>

namespace leat {

/// N x C x H x W to N x C x height x width, bilinear with aligned corners. Its gradient is the same in every run on every device.
[[nodiscard]] at::Tensor resize_bilinear(const at::Tensor& x, std::int64_t height, std::int64_t width);

/// The largest of each 2 x 2 pixels; H and W are even. Its gradient is the same in every run on every device.
[[nodiscard]] at::Tensor pool_by_maximum(const at::Tensor& x);

/// What the two do where the library's own gradients add up in no fixed order: products with constant matrices, and a reduction.
[[nodiscard]] at::Tensor resize_by_products(const at::Tensor& x, std::int64_t height, std::int64_t width);
[[nodiscard]] at::Tensor pool_by_reduction(const at::Tensor& x);

}  // namespace leat
