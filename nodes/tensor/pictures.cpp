#include "tensor/pictures.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "image/depths.h"
#include "tensor/parallel.h"
#include "tensor/to_device.h"

namespace leat {
namespace {

void check_sizes(const Rows<Image>& pictures) {
  for (int row = 1; row < pictures.size(); ++row) {
    const Image &first = pictures[0], &other = pictures[row];
    if (first.pixels.size() == other.pixels.size() && first.pixels.type() == other.pixels.type()) continue;
    const bool is_of_size = first.pixels.size() != other.pixels.size();
    throw std::runtime_error(std::string("the images of one step must have the same ") +
                             (is_of_size ? "size" : "channels and depth (`channels` and `depth` of `image.decode` decide them)") + ": `" +
                             pictures.sample(0).id + "` is " + ValueTraits<Image>::describe(first) + ", but `" + pictures.sample(row).id +
                             "` is " + ValueTraits<Image>::describe(other));
  }
}

/// Calls `write(channel, line, to, count)` for each line of an image's planes.
template <class T, class Number, class Write>
void write_planes(const cv::Mat& pixels, Number* to, Write write) {
  const auto channels = static_cast<std::size_t>(pixels.channels());
  const auto width = static_cast<std::size_t>(pixels.cols);
  const std::size_t plane = pixels.total();
  std::vector<T> line(channels > 1 ? width : 0);
  for (int y = 0; y < pixels.rows; ++y) {
    const T* from = pixels.ptr<T>(y);
    for (std::size_t k = 0; k < channels; ++k) {
      for (std::size_t x = 0; x < line.size(); ++x) line[x] = from[x * channels + k];
      write(k, channels > 1 ? line.data() : from, to + k * plane + static_cast<std::size_t>(y) * width, static_cast<std::int64_t>(width));
    }
  }
}

template <class T, class Number, class Write>
at::Tensor stacked(const Rows<Image>& pictures, at::Device device, at::ScalarType type, Write write) {
  const cv::Mat& first = pictures[0].pixels;
  at::Tensor out = empty_for(device, {pictures.size(), first.channels(), first.rows, first.cols}, type);
  Number* to = out.mutable_data_ptr<Number>();
  const std::size_t picture_size = first.total() * static_cast<std::size_t>(first.channels());
  in_parallel(pictures.size(), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      write_planes<T>(pictures[static_cast<int>(row)].pixels, to + static_cast<std::size_t>(row) * picture_size, write);
  });
  return out;
}

}  // namespace

at::Tensor stack_pictures(const Rows<Image>& pictures, at::Device device) {
  check_sizes(pictures);
  const auto copy = [](std::size_t, const auto* from, auto* to, std::int64_t count) { std::copy_n(from, count, to); };
  const at::Tensor out = of_depth(pictures[0].pixels, [&](auto value) {
    using T = decltype(value);
    if constexpr (sizeof(T) == 1) return stacked<T, T>(pictures, device, at::kByte, copy);
    else return stacked<T, float>(pictures, device, at::kFloat, copy);
  });
  return to_device(out, device);
}

at::Tensor stack_numbers(const Rows<Image>& pictures, const std::vector<PixelNumbers>& numbers) {
  check_sizes(pictures);
  return of_depth(pictures[0].pixels, [&](auto value) {
    using T = decltype(value);
    return stacked<T, float>(pictures, at::kCPU, at::kFloat, [&numbers](std::size_t channel, const T* from, float* to, std::int64_t count) {
      numbers[numbers.size() == 1 ? 0 : channel].write(from, to, count);
    });
  });
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
