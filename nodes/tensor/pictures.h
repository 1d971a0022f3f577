#pragma once

#include <ATen/core/Tensor.h>
#include <array>

#include "leat/frame.h"
#include "leat/image.h"

namespace leat {

/// Returns the images of a step unchanged, N x K x height x width, 8 bit, on the device. Throws std::runtime_error, which names two
/// samples, if their sizes or numbers of channels differ.
[[nodiscard]] at::Tensor stack_pictures(const Rows<Image>& pictures, at::Device device);

/// Returns the images of a step, N x K x height x width, float, on the host: for each pixel value the number in the table. Throws as
/// `stack_pictures`.
[[nodiscard]] at::Tensor stack_through(const Rows<Image>& pictures, const std::array<float, 256>& table);

/// Returns an image from a tensor, K x height x width. Its values, 0..1, are multiplied by 255 and rounded.
[[nodiscard]] cv::Mat picture_of(const at::Tensor& values);

}  // namespace leat
