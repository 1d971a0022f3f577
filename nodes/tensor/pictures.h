#pragma once

#include <ATen/core/Tensor.h>

#include "leat/frame.h"
#include "leat/image.h"

namespace leat {

/// The pictures of a step as they are, N x K x height x width, 8 bit, on the device. Pictures of different sizes or numbers of channels
/// are an error that names two of them.
[[nodiscard]] at::Tensor stack_pictures(const Rows<Image>& pictures, at::Device device);

/// One picture of a tensor K x height x width of values 0..1, which are multiplied by 255 and rounded.
[[nodiscard]] cv::Mat picture_of(const at::Tensor& values);

}  // namespace leat
