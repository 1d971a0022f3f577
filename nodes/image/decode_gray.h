#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace leat {

/// A change that decoding can make. Such an image is not taken for an inverted one.
inline constexpr std::string_view colour_as_luma = "colour read as luma";

/// An image as gray 8 bit, and the changes that decoding made, one phrase each: "colour read as luma".
struct DecodedGray {
  cv::Mat pixels;
  std::vector<std::string> changes;
  std::string range;   ///< "values 80..4051" if a 16-bit image uses less than a quarter of its range; else empty.
  cv::Size whole;      ///< Size of the upright image in the file, if `reduction` is above 1.
  int reduction = 1;   ///< Every side is divided by it, rounded up.
  std::string turned;  ///< `turned_text` of the file's orientation.
};

/// Decodes the same files as `decode_picture`, and throws the same errors. Three equal channels become one, which is not a change. Colour
/// becomes luma (ITU-R 601, as in Pillow's convert("L")). 16-bit values are divided by 257 and rounded. Transparency is composed over
/// black. `at_least`: as in `decode_picture`.
[[nodiscard]] DecodedGray decode_gray(std::span<const std::uint8_t> file, int at_least = 0);

}  // namespace leat
