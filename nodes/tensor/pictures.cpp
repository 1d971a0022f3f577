#include "tensor/pictures.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <algorithm>
#include <stdexcept>
#include <vector>

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

/// Calls `write(line, to, count)` for each line of an image's planes.
template <class Number, class Write>
void write_planes(const cv::Mat& pixels, Number* to, Write write) {
  const auto channels = static_cast<std::size_t>(pixels.channels());
  const auto width = static_cast<std::size_t>(pixels.cols);
  const std::size_t plane = pixels.total();
  std::vector<std::uint8_t> line(channels > 1 ? width : 0);
  for (int y = 0; y < pixels.rows; ++y) {
    const std::uint8_t* from = pixels.ptr<std::uint8_t>(y);
    for (std::size_t k = 0; k < channels; ++k) {
      for (std::size_t x = 0; x < line.size(); ++x) line[x] = from[x * channels + k];
      write(channels > 1 ? line.data() : from, to + k * plane + static_cast<std::size_t>(y) * width, static_cast<std::int64_t>(width));
    }
  }
}

template <class Number, class Write>
at::Tensor stacked(const Rows<Image>& pictures, at::ScalarType type, Write write) {
  check_sizes(pictures);
  const cv::Mat& first = pictures[0].pixels;
  at::Tensor out = at::empty({pictures.size(), first.channels(), first.rows, first.cols}, type);
  Number* to = out.mutable_data_ptr<Number>();
  const std::size_t picture_size = first.total() * first.elemSize();
  at::parallel_for(0, pictures.size(), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      write_planes(pictures[static_cast<int>(row)].pixels, to + static_cast<std::size_t>(row) * picture_size, write);
  });
  return out;
}

}  // namespace

at::Tensor stack_pictures(const Rows<Image>& pictures, at::Device device) {
  const auto copy = [](const std::uint8_t* from, std::uint8_t* to, std::int64_t count) { std::copy_n(from, count, to); };
  return stacked<std::uint8_t>(pictures, at::kByte, copy).to(device);
}

at::Tensor stack_numbers(const Rows<Image>& pictures, const PixelNumbers& numbers) {
  return stacked<float>(pictures, at::kFloat,
                        [&numbers](const std::uint8_t* from, float* to, std::int64_t count) { numbers.write(from, to, count); });
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
