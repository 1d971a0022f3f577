#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "leat/frame.h"
#include "leat/image.h"
#include "tensor/pixel_numbers.h"

namespace leat {

/// Returns the images of a step unchanged, N x K x height x width, on the device: 8 bit as such, other depths as floats. Throws
/// std::runtime_error, which names two samples, if their sizes, numbers of channels or depths differ.
[[nodiscard]] at::Tensor stack_pictures(const Rows<Image>& pictures, at::Device device);

/// Returns the numbers of the images of a step, N x K x height x width, float, on the host. `numbers` are one for all channels, or one for
/// each. Throws as `stack_pictures`.
[[nodiscard]] at::Tensor stack_numbers(const Rows<Image>& pictures, const std::vector<PixelNumbers>& numbers);

/// Returns an image from a tensor, K x height x width. Its values, 0..1, are multiplied by 255 and rounded.
[[nodiscard]] cv::Mat picture_of(const at::Tensor& values);

}  // namespace leat
