#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <vector>

namespace leat {

/// A picture as gray 8 bit, and what was changed on the way, one word group each: "colour read as luma".
struct DecodedGray {
  cv::Mat pixels;
  std::vector<std::string> changes;
};

/// Decodes a PNG, JPEG, TIFF (first page) or BMP file. Three equal channels become one silently, colour becomes luma (ITU-R 601, as
/// Pillow's convert("L")), 16 bit is divided by 257 and rounded, transparency is composed over black. An EXIF orientation is not
/// applied, as in Pillow and torchvision. Throws std::runtime_error for what is cut, corrupt, or neither 8 nor 16 bit;
/// damaged bits inside of a JPEG that ends as it should are beyond what its format can tell.
[[nodiscard]] DecodedGray decode_gray(std::span<const std::uint8_t> file);

}  // namespace leat
