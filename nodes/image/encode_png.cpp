#include "image/encode_png.h"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

namespace leat {

std::vector<std::uint8_t> encode_png(const cv::Mat& picture, int compression) {
  // The encoder takes B, G, R. The picture stays, because `in_order` shares no pixels with it.
  cv::Mat in_order;
  if (picture.channels() == 3) cv::cvtColor(picture, in_order, cv::COLOR_RGB2BGR);
  else in_order = picture;
  std::vector<std::uint8_t> bytes;
  if (!cv::imencode(".png", in_order, bytes, {cv::IMWRITE_PNG_COMPRESSION, compression}))
    throw std::runtime_error("a picture cannot be encoded as PNG");
  return bytes;
}

}  // namespace leat
