#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace leat {

/// The tags of a TIFF's first image; nullopt if a tag is missing.
struct TiffDirectory {
  std::optional<std::uint32_t> width;
  std::optional<std::uint32_t> height;
  std::optional<std::uint32_t> photometric;  ///< 0: the smallest value is white. 3: values are entries of a palette.
  std::optional<std::uint32_t> orientation;
  std::optional<std::uint32_t> bits;           ///< Of a number; of the first one if they differ.
  std::optional<std::uint32_t> samples;        ///< Numbers of a pixel.
  std::optional<std::uint32_t> sample_format;  ///< 1: unsigned. 2: signed. 3: float.
  std::vector<std::uint16_t> palette;          ///< As the tag has it: all numbers of red, then of green, then of blue.
  std::optional<std::uint64_t> end_of_pixels;  ///< Offset behind the last strip or tile.
  bool has_more_pages = false;
};

enum TiffTag : std::uint32_t { TiffPhotometric = 262, TiffOrientation = 274 };

/// Returns the number of `bytes` bytes (at most 4) at the offset `at`, in the file's byte order, or nullopt if the file ends before.
using TiffNumber = std::function<std::optional<std::uint32_t>(std::uint64_t at, int bytes)>;

enum class TiffKind { None, Little, Big };
/// Returns the byte order of a TIFF from its first 4 bytes, or None if it is not a TIFF.
[[nodiscard]] TiffKind tiff_kind(std::string_view first_bytes);

/// Reads the first directory of a TIFF or BigTIFF. Returns nullopt if it is missing.
[[nodiscard]] std::optional<TiffDirectory> read_tiff_directory(const TiffNumber& number);
/// Does the same for a file in memory. Returns nullopt also if it is not a TIFF.
[[nodiscard]] std::optional<TiffDirectory> read_tiff_directory(std::span<const std::uint8_t> file);

/// Returns a copy of a TIFF with another value of a tag of one number in its first directory. If the tag is missing, the copy is equal.
[[nodiscard]] std::vector<std::uint8_t> with_tiff_tag(std::span<const std::uint8_t> file, TiffTag tag, std::uint32_t value);

}  // namespace leat
