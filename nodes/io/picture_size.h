#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

namespace leat {

/// The dimensions that a picture's file states, in pixels, before any turn that its metadata asks for.
struct PictureSize {
  int width = 0;
  int height = 0;

  [[nodiscard]] std::int64_t pixels() const { return std::int64_t{width} * height; }
  friend bool operator==(const PictureSize&, const PictureSize&) = default;
};

/// Reads the header of a PNG, JPEG, BMP or TIFF file, without decoding it; nothing for any other or a broken one.
[[nodiscard]] std::optional<PictureSize> picture_size(std::span<const std::uint8_t> bytes);
[[nodiscard]] std::optional<PictureSize> picture_size(const std::filesystem::path& file);

}  // namespace leat
