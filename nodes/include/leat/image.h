#pragma once

#include <array>
#include <opencv2/core.hpp>
#include <opencv2/core/version.hpp>
#include <span>
#include <vector>

#include "leat/value.h"

namespace leat {

/// The affine map from pixel coordinates in the source file to those in the image: x' = m[0] x + m[1] y + m[2], y' = m[3] x + m[4] y +
/// m[5]. Pixel centres are at whole numbers. Nodes that move pixels update the map, and writers invert it.
struct Placement {
  std::array<double, 6> map{1, 0, 0, 0, 1, 0};
  int source_width = 0;
  int source_height = 0;

  /// Returns this map followed by `next`.
  [[nodiscard]] Placement then(const std::array<double, 6>& next) const;
  /// Returns the map from this image's pixels back to the source's. Invariant: every map has an inverse.
  [[nodiscard]] std::array<double, 6> inverse() const;
};

LEAT_SAYS(leat_says_image, "value image=OpenCV " LEAT_TEXT(CV_VERSION_MAJOR) "." LEAT_TEXT(CV_VERSION_MINOR));

/// An image of 8-bit, 16-bit or float channels: CV_8U, CV_16U or CV_32F. A gray image has one channel. A colour image has R, G, B, in this
/// order; functions of OpenCV that read or write files want B, G, R. Masks are 8 bit, with one channel per structure: 0 and 255, and
/// `unknown::pixel` if their contract says so. Floats are as the file has them, of any range. Invariant: pixels do not change after `put`.
struct Image {
  cv::Mat pixels;
  Placement placement;

  [[nodiscard]] int width() const { return pixels.cols; }
  [[nodiscard]] int height() const { return pixels.rows; }
  [[nodiscard]] int channels() const { return pixels.channels(); }
  /// Returns U8, U16 or F32.
  [[nodiscard]] Dtype dtype() const;
};

/// The dimensions are height, width and, if there are several, channels. The type is `8 bit`, `16 bit` or `float`. `entries` are the
/// structures of a mask's channels, also of a single channel. A copy shares the pixels, so a node clones them before it changes them.
template <>
struct ValueTraits<Image> {
  static constexpr std::string_view name = "image";
  static std::size_t bytes(const Image& image);
  static std::uint64_t hash(const Image& image);
  static std::string describe(const Image& image);
  static Contract contract(const Image& image);
  static Image blank(const Contract& contract);
  static Image reorder(const Image& image, const Reorder& order);
  static Numbers numbers(const Image& image);  ///< height x width, and channels if there are several.
  static std::vector<std::byte> pack(const Image& image);
  static Image unpack(std::span<const std::byte> bytes);
};

}  // namespace leat
