#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

namespace leat {

/// Dimensions that an image file states, in pixels, before a rotation that its metadata requests.
struct PictureSize {
  int width = 0;
  int height = 0;

  [[nodiscard]] std::int64_t pixels() const { return std::int64_t{width} * height; }
  friend bool operator==(const PictureSize&, const PictureSize&) = default;
};

/// Returns the size from the header of a PNG, JPEG, BMP or TIFF file, without decoding it. Returns nullopt for other files and for damaged
/// headers.
[[nodiscard]] std::optional<PictureSize> picture_size(std::span<const std::uint8_t> bytes);
[[nodiscard]] std::optional<PictureSize> picture_size(const std::filesystem::path& file);

}  // namespace leat
