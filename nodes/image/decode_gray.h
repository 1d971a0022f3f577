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
  std::string range;  ///< Of a 16-bit picture that uses less than a quarter of its values, which: "values 80..4051".
};

/// Decodes what `decode_picture` does, and throws as it. Three equal channels become one silently, colour becomes luma (ITU-R 601, as
/// Pillow's convert("L")), 16 bit is divided by 257 and rounded, transparency is composed over black.
[[nodiscard]] DecodedGray decode_gray(std::span<const std::uint8_t> file);

}  // namespace leat
