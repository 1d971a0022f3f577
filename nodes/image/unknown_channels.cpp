#include "image/unknown_channels.h"

#include <algorithm>

#include "leat/unknown.h"

namespace leat {

std::vector<char> unknown_channels(const cv::Mat& masks) {
  const auto channels = static_cast<std::size_t>(masks.channels());
  std::vector<char> out(channels, 1);
  for (int y = 0; y < masks.rows; ++y) {
    const std::uint8_t* row = masks.ptr<std::uint8_t>(y);
    const std::size_t count = static_cast<std::size_t>(masks.cols) * channels;
    for (std::size_t k = 0; k < count; ++k)
      if (row[k] != unknown::pixel) out[k % channels] = 0;
    if (std::find(out.begin(), out.end(), 1) == out.end()) break;
  }
  return out;
}

void keep_unknown(const cv::Mat& masks, cv::Mat& changed) {
  if (changed.data == masks.data) return;
  const std::vector<char> are_unknown = unknown_channels(masks);
  const auto count = static_cast<std::size_t>(std::count(are_unknown.begin(), are_unknown.end(), 1));
  if (count == 0) return;
  for (int y = 0; y < changed.rows; ++y) {
    std::uint8_t* row = changed.ptr<std::uint8_t>(y);
    for (int x = 0; x < changed.cols; ++x)
      for (std::size_t k = 0; k < are_unknown.size(); ++k, ++row)
        if (are_unknown[k]) *row = unknown::pixel;
  }
}

}  // namespace leat
