#pragma once

#include <cstddef>
#include <opencv2/core.hpp>
#include <vector>

namespace leat {

/// Returns an image of `change(channel, number)` of each of its channels.
template <class Change>
[[nodiscard]] cv::Mat with_channels(const cv::Mat& picture, Change change) {
  if (picture.channels() == 1) return change(picture, 0);
  std::vector<cv::Mat> channels;
  cv::split(picture, channels);
  for (std::size_t k = 0; k < channels.size(); ++k) channels[k] = change(channels[k], static_cast<int>(k));
  cv::Mat out;
  cv::merge(channels, out);
  return out;
}

}  // namespace leat
