#pragma once

#include <array>
#include <opencv2/core.hpp>
#include <opencv2/core/version.hpp>

#include "leat/value.h"

namespace leat {

/// The affine map from the pixel coordinates of the file a picture came from to the picture's own (pixel centres at whole numbers):
/// x' = m[0] x + m[1] y + m[2], y' = m[3] x + m[4] y + m[5]. Geometry updates it, writers invert it.
struct Placement {
  std::array<double, 6> map{1, 0, 0, 0, 1, 0};
  int source_width = 0;
  int source_height = 0;

  /// This map followed by `next`.
  [[nodiscard]] Placement then(const std::array<double, 6>& next) const;
  /// From this picture's pixels back to the source's; a map without an inverse is a mistake of ours.
  [[nodiscard]] std::array<double, 6> inverse() const;
};

LEAT_SAYS(leat_says_image, "value image=OpenCV " LEAT_TEXT(CV_VERSION_MAJOR) "." LEAT_TEXT(CV_VERSION_MINOR));

/// A picture of 8-bit channels (CV_8UC(K)), K = 1 but for masks of several structures. The pixels are never written after it flows.
struct Image {
  cv::Mat pixels;
  Placement placement;

  [[nodiscard]] int width() const { return pixels.cols; }
  [[nodiscard]] int height() const { return pixels.rows; }
  [[nodiscard]] int channels() const { return pixels.channels(); }
};

/// Dimensions height, width (one channel) or height, width, channels; `entries` are what the channels of a mask show, one too. A copy
/// shares pixels; who writes clones first.
template <>
struct ValueTraits<Image> {
  static constexpr std::string_view name = "image";
  static std::size_t bytes(const Image& image);
  static std::uint64_t hash(const Image& image);
  static std::string describe(const Image& image);
  static Contract contract(const Image& image);
  static Image blank(const Contract& contract);
  static Image reorder(const Image& image, const Reorder& order);
};

}  // namespace leat
