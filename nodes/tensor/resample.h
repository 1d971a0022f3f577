#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <vector>

namespace leat {

/// The points that keep their position in a bilinear resize.
enum class Aligned {
  Corners,  ///< The centres of the corner pixels: align_corners=True in PyTorch.
  Edges,    ///< The edges of the image: align_corners=False.
};

/// Resizes N x C x H x W to N x C x height x width, bilinear. On every device, its gradient is the same in every run.
[[nodiscard]] at::Tensor resize_bilinear(const at::Tensor& x, std::int64_t height, std::int64_t width, Aligned aligned = Aligned::Corners);

/// Resizes x to the size of the others with aligned corners, and joins {x, others...} by channels.
[[nodiscard]] at::Tensor resize_and_join(const at::Tensor& x, const std::vector<at::Tensor>& others);

/// Does the same as resize_bilinear by products with constant matrices, for devices on which LibTorch's own gradient adds in no fixed
/// order.
[[nodiscard]] at::Tensor resize_by_products(const at::Tensor& x, std::int64_t height, std::int64_t width, Aligned aligned);

}  // namespace leat
