#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <vector>

namespace leat {

/// A picture as its file has it.
struct DecodedPicture {
  cv::Mat pixels;  ///< 8 or 16 bit; gray, or channels of B, G, R and perhaps alpha. Large is bright.
  /// Of a JPEG that keeps luma apart: its luma. Then `pixels` is empty; a JPEG without colour has no more than that.
  cv::Mat luma;
  bool is_coloured = false;          ///< Of a JPEG: it has more than luma.
  std::vector<std::string> changes;  ///< One word group each: "extraneous bytes in a JPEG, which may be damaged".
};

/// Decodes a PNG, JPEG, TIFF (first page) or BMP file, whatever its picture is for. An EXIF orientation is not applied, as in Pillow and
/// torchvision; of a TIFF whose smallest value is white the values are turned round. Throws std::runtime_error for what is cut, corrupt, or
/// neither 8 nor 16 bit; damaged bits inside of a JPEG that ends as it should are beyond what its format can tell.
[[nodiscard]] DecodedPicture decode_picture(std::span<const std::uint8_t> file);

/// The colours of a JPEG of which `decode_picture` gave the luma only.
[[nodiscard]] cv::Mat decode_colours(std::span<const std::uint8_t> file);

}  // namespace leat
