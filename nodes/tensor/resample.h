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

/// What it does where the library's own gradient adds up in no fixed order: products with constant matrices.
[[nodiscard]] at::Tensor resize_by_products(const at::Tensor& x, std::int64_t height, std::int64_t width, Aligned aligned);

}  // namespace leat
