#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <vector>

namespace leat {

/// The kind of image that a file is decoded to.
struct DecodeAs {
  enum class Channels { Gray, Rgb, AsIs };
  enum class Depth { Bits8, Bits16, AsIs };
  Channels channels = Channels::Gray;
  Depth depth = Depth::Bits8;
  int at_least = 0;  ///< As in `decode_picture`.
};

/// A change that decoding can make. Such an image is not taken for an inverted one.
inline constexpr const char* colour_as_luma = "colour read as luma";

/// A decoded image, and the changes that decoding made, one phrase each: "colour read as luma".
struct DecodedImage {
  cv::Mat pixels;
  std::vector<std::string> changes;
  std::string range;   ///< "values 80..4051" if a 16-bit image uses less than a quarter of its range; else empty.
  cv::Size whole;      ///< Size of the upright image in the file, if `reduction` is above 1.
  int reduction = 1;   ///< Every side is divided by it, rounded up.
  std::string turned;  ///< `turned_text` of the file's orientation.
};

/// Decodes the same files as `decode_picture`, and those of a PictureFormat, and throws the same errors. Palettes are applied, and
/// transparency is composed over black. Gray: three equal channels become one, which is not a change; colour becomes luma (ITU-R 601, as in
/// Pillow's convert("L")). Rgb: gray is repeated. 8 bit: 16-bit values are divided by 257 and rounded. 16 bit: 8-bit values are multiplied
/// by 257. Floats need `AsIs`; for other depths std::runtime_error names `image.window`.
[[nodiscard]] DecodedImage decode_image(std::span<const std::uint8_t> file, const DecodeAs& as = {});

/// Returns an image from the gray images of its channels. `names` are for the errors, which are thrown if sizes or depths differ, or if an
/// image is not gray.
[[nodiscard]] cv::Mat joined_channels(const std::vector<cv::Mat>& channels, const std::vector<std::string>& names);

}  // namespace leat
