#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>

namespace leat {

struct DecodedJpeg {
  cv::Mat luma;                       ///< Gray, 8 bit; empty if the file has no separate luma (RGB, CMYK).
  bool is_coloured = false;           ///< The file has colour, which `luma` does not show.
  cv::Size whole;                     ///< The file's own size.
  int reduction = 1;                  ///< `luma` has every side divided by it, rounded up.
  bool has_extraneous_bytes = false;  ///< Bytes between headers, or zeros after pixels. Many such files are intact.
};

[[nodiscard]] bool is_jpeg(std::span<const std::uint8_t> file);

/// Decodes a JPEG's luma. Throws std::runtime_error if the file is truncated or damaged. libjpeg itself only warns, and fills the missing
/// part with gray or garbage. A file without separate luma is only checked for damage. With `at_least`, the luma is decoded at a half, a
/// quarter or an eighth of its size, the smallest of which both sides are at least so long.
[[nodiscard]] DecodedJpeg decode_jpeg(std::span<const std::uint8_t> file, int at_least = 0);

}  // namespace leat
