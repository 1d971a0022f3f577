#include "tensor/pictures.h"

#include <ATen/ops/empty.h>
#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace leat {
namespace {

void check_sizes(const Rows<Image>& pictures) {
  for (int row = 1; row < pictures.size(); ++row) {
    const Image &first = pictures[0], &other = pictures[row];
    if (first.pixels.size() == other.pixels.size() && first.channels() == other.channels()) continue;
    throw std::runtime_error("the images of one step must have the same size: `" + pictures.sample(0).id + "` is " +
                             ValueTraits<Image>::describe(first) + ", but `" + pictures.sample(row).id + "` is " +
                             ValueTraits<Image>::describe(other));
  }
}

/// Copies interleaved channels to planes.
void copy_planes(const cv::Mat& pixels, std::uint8_t* to) {
  const int channels = pixels.channels();
  const std::size_t plane = pixels.total();
  for (int y = 0; y < pixels.rows; ++y) {
    const std::uint8_t* from = pixels.ptr<std::uint8_t>(y);
    std::uint8_t* line = to + static_cast<std::size_t>(y) * static_cast<std::size_t>(pixels.cols);
    if (channels == 1) {
      std::memcpy(line, from, static_cast<std::size_t>(pixels.cols));
      continue;
    }
    for (int x = 0; x < pixels.cols; ++x)
      for (int k = 0; k < channels; ++k) line[static_cast<std::size_t>(k) * plane + static_cast<std::size_t>(x)] = from[x * channels + k];
  }
}

}  // namespace

at::Tensor stack_pictures(const Rows<Image>& pictures, at::Device device) {
  check_sizes(pictures);
  const cv::Mat& first = pictures[0].pixels;
  at::Tensor out = at::empty({pictures.size(), first.channels(), first.rows, first.cols}, at::kByte);
  std::uint8_t* to = out.mutable_data_ptr<std::uint8_t>();
  const std::size_t picture_size = first.total() * first.elemSize();
  for (int row = 0; row < pictures.size(); ++row) copy_planes(pictures[row].pixels, to + static_cast<std::size_t>(row) * picture_size);
  return out.to(device);
}

cv::Mat picture_of(const at::Tensor& values) {
  const at::Tensor planes = values.contiguous();
  const int channels = static_cast<int>(planes.size(0));
  const int height = static_cast<int>(planes.size(1)), width = static_cast<int>(planes.size(2));
  cv::Mat out(height, width, CV_8UC(channels));
  const float* from = planes.const_data_ptr<float>();
  for (int k = 0; k < channels; ++k)
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        out.ptr<std::uint8_t>(y)[x * channels + k] = static_cast<std::uint8_t>(std::clamp(*from++, 0.0f, 1.0f) * 255 + 0.5f);
  return out;
}

}  // namespace leat
