#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>

namespace leat {

struct DecodedJpeg {
  cv::Mat luma;                       ///< Gray, 8 bit; empty if the file has no separate luma (RGB, CMYK).
  cv::Mat colours;                    ///< R, G, B, 8 bit, instead of `luma`, if the caller asks for it and the file is RGB or YCbCr.
  bool is_coloured = false;           ///< The file has colour, which `luma` does not show.
  cv::Size whole;                     ///< The file's own size.
  int reduction = 1;                  ///< The image has every side divided by it, rounded up.
  bool has_extraneous_bytes = false;  ///< Bytes between headers, or zeros after pixels. Many such files are intact.
};

[[nodiscard]] bool is_jpeg(std::span<const std::uint8_t> file);

/// Decodes a JPEG's luma. Throws std::runtime_error if the file is truncated or damaged. libjpeg itself only warns, and fills the missing
/// part with gray or garbage. With `has_colours`, a file with colours is decoded to `colours`. A file of which neither is decoded is only
/// checked for damage. With `at_least`, the image is decoded at a half, a quarter or an eighth of its size, the smallest of which both
/// sides are at least so long.
[[nodiscard]] DecodedJpeg decode_jpeg(std::span<const std::uint8_t> file, int at_least = 0, bool has_colours = false);

}  // namespace leat
