#pragma once

#include <ATen/core/Tensor.h>

#include "leat/frame.h"
#include "leat/image.h"
#include "tensor/pixel_numbers.h"

namespace leat {

/// Returns the images of a step unchanged, N x K x height x width, 8 bit, on the device. Throws std::runtime_error, which names two
/// samples, if their sizes or numbers of channels differ.
[[nodiscard]] at::Tensor stack_pictures(const Rows<Image>& pictures, at::Device device);

/// Returns the numbers of the images of a step, N x K x height x width, float, on the host. Throws as `stack_pictures`.
[[nodiscard]] at::Tensor stack_numbers(const Rows<Image>& pictures, const PixelNumbers& numbers);

/// Returns an image from a tensor, K x height x width. Its values, 0..1, are multiplied by 255 and rounded.
[[nodiscard]] cv::Mat picture_of(const at::Tensor& values);

}  // namespace leat
