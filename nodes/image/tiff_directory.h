#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

namespace leat {

/// What the first directory of a TIFF file says of its picture; nothing where it does not say it.
struct TiffDirectory {
  std::optional<std::uint32_t> width;
  std::optional<std::uint32_t> height;
  std::optional<std::uint32_t> photometric;  ///< 0: the smallest value is white.
  bool has_more_pages = false;
};

/// A number of so many bytes, at most 4, at a place of the file, in the file's order of bytes; nothing where the file ends before.
using TiffNumber = std::function<std::optional<std::uint32_t>(std::uint64_t at, int bytes)>;

enum class TiffKind { None, Little, Big };
/// What the first bytes of a file say: whose order of bytes it is in, if it is a TIFF.
[[nodiscard]] TiffKind tiff_kind(std::string_view first_bytes);

/// Reads TIFF and BigTIFF. Nothing where the directory is not there.
[[nodiscard]] std::optional<TiffDirectory> read_tiff_directory(const TiffNumber& number);
/// So too, of a file in memory; nothing where it is no TIFF.
[[nodiscard]] std::optional<TiffDirectory> read_tiff_directory(std::span<const std::uint8_t> file);

}  // namespace leat
