#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>

namespace leat {

struct DecodedJpeg {
  cv::Mat luma;                       ///< Gray, 8 bit; empty where the file does not keep luma apart (RGB, CMYK).
  bool is_coloured = false;           ///< What was left out is more than gray.
  bool has_extraneous_bytes = false;  ///< Between its parts is what belongs to none. Many such files are whole.
};

[[nodiscard]] bool is_jpeg(std::span<const std::uint8_t> file);

/// Decodes a JPEG's luma. Throws std::runtime_error where the file is cut or its data are damaged, which libjpeg, and so every program that
/// only asks it for pixels, fills up with gray or garbage. Where the file does not keep luma apart, it is only looked for that.
[[nodiscard]] DecodedJpeg decode_jpeg(std::span<const std::uint8_t> file);

}  // namespace leat
