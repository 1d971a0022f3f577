#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

namespace leat {

/// Dimensions of an image in pixels.
struct PictureSize {
  int width = 0;
  int height = 0;

  [[nodiscard]] std::int64_t pixels() const { return std::int64_t{width} * height; }
  friend bool operator==(const PictureSize&, const PictureSize&) = default;
};

/// The facts that an image file states, without decoding.
struct PictureHeader {
  PictureSize size;     ///< Upright: after the turn or flip that `orientation` asks for, as `decode_picture` returns the image.
  int orientation = 1;  ///< Of EXIF (JPEG, PNG) or TIFF, 1..8; 1: the pixels are stored upright.
  /// False: the file does not end with the mark of its format, or ends before its pixels. It is truncated, or has other bytes at its end.
  bool is_whole = true;
  int bits = 0;      ///< Of a value of the decoded image: 8, 16, or 32 for float. 0: only the decoder can tell.
  int channels = 0;  ///< Of the decoded image, without alpha and with its palette applied: 1 or 3. 0: only the decoder can tell.

  [[nodiscard]] bool is_turned() const { return orientation >= 5; }  ///< By a quarter turn, which swaps width and height.
  [[nodiscard]] PictureSize stored() const { return is_turned() ? PictureSize{size.height, size.width} : size; }
};

/// Reads the header of a PNG, JPEG, BMP or TIFF file. Returns nullopt for other files and for damaged headers. The EXIF data of a PNG must
/// be before its pixels, as the format asks.
[[nodiscard]] std::optional<PictureHeader> picture_header(std::span<const std::uint8_t> bytes);
[[nodiscard]] std::optional<PictureHeader> picture_header(const std::filesystem::path& file);

}  // namespace leat
