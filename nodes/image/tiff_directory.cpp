#include "image/tiff_directory.h"

#include <algorithm>
#include <array>

namespace leat {
namespace {

/// The layout of a directory. BigTIFF has wider numbers.
struct Widths {
  int offset;           ///< Bytes of an offset.
  int count;            ///< Bytes of the count of entries.
  std::uint64_t entry;  ///< Bytes of an entry.
  std::uint64_t value;  ///< Offset of the value in an entry.
};
constexpr Widths classic{4, 2, 12, 8}, big{8, 8, 20, 12};

constexpr std::uint32_t bigtiff = 43;

std::optional<std::uint64_t> wide(const TiffNumber& number, std::uint64_t at, int bytes) {
  if (bytes <= 4) return number(at, bytes);
  const auto first = number(at, 4), second = number(at + 4, 4);
  const auto order = number(0, 2);
  if (!first || !second || !order) return {};
  // `II` and `MM` read the same in both byte orders. They decide which half is the upper one.
  return *order == 0x4949 ? std::uint64_t{*second} << 32 | *first : std::uint64_t{*first} << 32 | *second;
}

/// Calls `take` with each tag of a directory and its value. Returns the offset of the next directory, or 0 if there is none or the file
/// ends before. Returns nullopt if the file ends before this directory.
template <class Take>
std::optional<std::uint64_t> walk(const TiffNumber& number, std::uint64_t directory, const Widths& widths, Take take) {
  const auto count = wide(number, directory, widths.count);
  if (!count) return {};
  const std::uint64_t first = directory + static_cast<std::uint64_t>(widths.count);
  for (std::uint64_t k = 0; k < std::min<std::uint64_t>(*count, 65536); ++k) {
    const std::uint64_t entry = first + widths.entry * k;
    const auto tag = number(entry, 2), type = number(entry + 2, 2);
    if (!tag || !type) return 0;
    take(*tag, number(entry + widths.value, *type == 3 ? 2 : 4));
  }
  return wide(number, first + widths.entry * *count, widths.offset).value_or(0);
}

}  // namespace

TiffKind tiff_kind(std::string_view first_bytes) {
  for (const char version : {'\x2A', '\x2B'}) {
    const std::array<char, 4> little{'I', 'I', version, '\0'}, large{'M', 'M', '\0', version};
    if (first_bytes.starts_with(std::string_view(little.data(), little.size()))) return TiffKind::Little;
    if (first_bytes.starts_with(std::string_view(large.data(), large.size()))) return TiffKind::Big;
  }
  return TiffKind::None;
}

std::optional<TiffDirectory> read_tiff_directory(const TiffNumber& number) {
  const auto version = number(2, 2);
  if (!version) return {};
  const bool is_big = *version == bigtiff;
  const Widths widths = is_big ? big : classic;
  const auto first = wide(number, is_big ? 8 : 4, widths.offset);
  if (!first) return {};
  TiffDirectory out;
  const auto next = walk(number, *first, widths, [&out](std::uint32_t tag, std::optional<std::uint32_t> value) {
    if (tag == 256) out.width = value;
    if (tag == 257) out.height = value;
    if (tag == 262) out.photometric = value;
  });
  if (!next) return {};
  if (*next == 0) return out;
  bool is_reduced = false;  // The second image is a preview of the first.
  out.has_more_pages = walk(number, *next, widths,
                            [&is_reduced](std::uint32_t tag, std::optional<std::uint32_t> value) {
                              if (tag == 254) is_reduced = (value.value_or(0) & 1) != 0;
                            })
                           .has_value() &&
                       !is_reduced;
  return out;
}

std::optional<TiffDirectory> read_tiff_directory(std::span<const std::uint8_t> file) {
  const TiffKind kind = tiff_kind(std::string_view(reinterpret_cast<const char*>(file.data()), std::min<std::size_t>(file.size(), 4)));
  if (kind == TiffKind::None) return {};
  return read_tiff_directory([file, kind](std::uint64_t at, int bytes) -> std::optional<std::uint32_t> {
    if (at > file.size() || static_cast<std::uint64_t>(bytes) > file.size() - at) return {};
    std::uint32_t out = 0;
    for (int k = 0; k < bytes; ++k)
      out = out << 8 | file[static_cast<std::size_t>(at) + static_cast<std::size_t>(kind == TiffKind::Little ? bytes - 1 - k : k)];
    return out;
  });
}

}  // namespace leat
