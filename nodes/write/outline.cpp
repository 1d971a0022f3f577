#include "write/outline.h"

#include <array>
#include <opencv2/imgproc.hpp>

namespace leat {

cv::Mat outline_of(const cv::Mat& mask, int thickness) {
  const cv::Mat inside = mask >= 128;
  cv::Mat core;
  cv::erode(inside, core, cv::getStructuringElement(cv::MORPH_CROSS, {3, 3}), {-1, -1}, thickness);
  return inside & ~core;
}

void draw_outline(cv::Mat& picture, const cv::Mat& mask, const cv::Scalar& colour, int thickness) {
  for (int channel = 0; channel < mask.channels(); ++channel) {
    cv::Mat single;
    cv::extractChannel(mask, single, channel);
    picture.setTo(colour, outline_of(single, thickness));
  }
}

cv::Scalar outline_colour(std::size_t which) {
  static const std::array<cv::Scalar, 6> colours{cv::Scalar{86, 180, 233}, cv::Scalar{230, 159, 0}, cv::Scalar{204, 121, 167},
                                                 cv::Scalar{240, 228, 66}, cv::Scalar{0, 158, 115}, cv::Scalar{213, 94, 0}};
  return colours[which % colours.size()];
}

}  // namespace leat
