#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <stdexcept>

namespace leat {

/// Returns `act` of a value of the type that an image's values have: std::uint8_t, std::uint16_t or float.
template <class Act>
auto of_depth(const cv::Mat& picture, Act act) {
  if (picture.depth() == CV_16U) return act(std::uint16_t{});
  if (picture.depth() == CV_32F) return act(float{});
  return act(std::uint8_t{});
}

/// Does the same for 8 and 16 bit. Throws std::runtime_error for floats.
template <class Act>
auto of_whole_depth(const cv::Mat& picture, Act act) {
  if (picture.depth() == CV_32F) throw std::runtime_error("the image has floats: put `image.window` before this node");
  if (picture.depth() == CV_16U) return act(std::uint16_t{});
  return act(std::uint8_t{});
}

}  // namespace leat
