#include "image/thumbnail.h"

#include <cmath>
#include <opencv2/imgproc.hpp>

namespace leat {

Thumbnail thumbnail_of(const cv::Mat& pixels) {
  cv::Mat small;
  cv::resize(pixels, small, {thumbnail_side, thumbnail_side}, 0, 0, cv::INTER_AREA);
  const int channels = small.channels();
  small.convertTo(small, CV_32FC(channels));
  Thumbnail out{};
  for (int y = 0; y < thumbnail_side; ++y) {
    const float* row = small.ptr<float>(y);
    for (int x = 0; x < thumbnail_side; ++x)
      for (int c = 0; c < channels; ++c)
        out[static_cast<std::size_t>(y * thumbnail_side + x)] += row[x * channels + c] / static_cast<float>(channels);
  }
  return out;
}

double likeness(std::span<const float> one, std::span<const float> other) {
  double mean_one = 0, mean_other = 0;
  for (std::size_t k = 0; k < one.size(); ++k) {
    mean_one += one[k];
    mean_other += other[k];
  }
  const auto count = static_cast<double>(one.size());
  mean_one /= count;
  mean_other /= count;
  double both = 0, square_one = 0, square_other = 0;
  for (std::size_t k = 0; k < one.size(); ++k) {
    const double a = one[k] - mean_one, b = other[k] - mean_other;
    both += a * b;
    square_one += a * a;
    square_other += b * b;
  }
  const double scale = std::sqrt(square_one * square_other);
  return scale > 0 ? both / scale : 0;
}

}  // namespace leat
