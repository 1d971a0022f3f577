#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>

namespace leat {

/// What keeps its place in a bilinear resize.
enum class Aligned {
  Corners,  ///< The middles of the pixels in the corners: PyTorch's align_corners.
  Edges,    ///< The picture's edges, as when pictures are resized.
};

/// N x C x H x W to N x C x height x width, bilinear. Its gradient is the same in every run on every device.
[[nodiscard]] at::Tensor resize_bilinear(const at::Tensor& x, std::int64_t height, std::int64_t width, Aligned aligned = Aligned::Corners);

/// The largest of each 2 x 2 pixels; H and W are even. Its gradient is the same in every run on every device.
[[nodiscard]] at::Tensor pool_by_maximum(const at::Tensor& x);

/// What the two do where the library's own gradients add up in no fixed order: products with constant matrices, and a reduction.
[[nodiscard]] at::Tensor resize_by_products(const at::Tensor& x, std::int64_t height, std::int64_t width, Aligned aligned);
[[nodiscard]] at::Tensor pool_by_reduction(const at::Tensor& x);

}  // namespace leat
