#include "image/tiff_directory.h"

#include <algorithm>
#include <array>
#include <cstdint>

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

/// One entry of a directory.
struct Entry {
  std::uint32_t tag;
  int bytes;                           ///< Of one number: 2 or 4, or 8 in a BigTIFF.
  std::uint64_t count;                 ///< Numbers.
  std::uint64_t at;                    ///< Offset of the first number, or of the offset of the numbers.
  std::optional<std::uint32_t> value;  ///< The first number, or the offset of the numbers.
};

/// Calls `take` with each entry of a directory. Returns the offset of the next directory, or 0 if there is none or the file ends before.
/// Returns nullopt if the file ends before this directory.
template <class Take>
std::optional<std::uint64_t> walk(const TiffNumber& number, std::uint64_t directory, const Widths& widths, Take take) {
  const auto count = wide(number, directory, widths.count);
  if (!count) return {};
  const std::uint64_t first = directory + static_cast<std::uint64_t>(widths.count);
  for (std::uint64_t k = 0; k < std::min<std::uint64_t>(*count, 65536); ++k) {
    const std::uint64_t entry = first + widths.entry * k;
    const auto tag = number(entry, 2), type = number(entry + 2, 2);
    if (!tag || !type) return 0;
    constexpr std::uint32_t shorts = 3, long8 = 16;
    const int bytes = *type == shorts ? 2 : *type == long8 ? 8 : 4;
    const std::uint64_t at = entry + widths.value;
    take(Entry{*tag, bytes, wide(number, entry + 4, widths.offset).value_or(0), at, number(at, std::min(bytes, 4))});
  }
  return wide(number, first + widths.entry * *count, widths.offset).value_or(0);
}

/// Returns the first number of an entry of shorts. As many as fit are in the entry itself.
std::optional<std::uint32_t> first_short(const TiffNumber& number, const Entry& entry, const Widths& widths) {
  if (entry.bytes != 2) return entry.value;
  if (entry.count * 2 <= static_cast<std::uint64_t>(widths.offset)) return entry.value;
  const auto first = wide(number, entry.at, widths.offset);
  return first ? number(*first, 2) : std::nullopt;
}

/// Returns the last number of an entry.
std::optional<std::uint64_t> last_of(const TiffNumber& number, const Entry& entry, const Widths& widths) {
  if (entry.count == 0) return {};
  const auto bytes = static_cast<std::uint64_t>(entry.bytes);
  const bool is_inside = entry.count <= static_cast<std::uint64_t>(widths.offset) / bytes;
  const auto first = is_inside ? std::optional(entry.at) : wide(number, entry.at, widths.offset);
  // A count that is not one of a directory would overflow.
  if (!first || entry.count > std::uint64_t{1} << 32) return {};
  return wide(number, *first + bytes * (entry.count - 1), entry.bytes);
}

/// Returns the numbers of a palette, of at most 8 bits per pixel. They never fit into the entry.
std::vector<std::uint16_t> palette_of(const TiffNumber& number, const Entry& entry, const Widths& widths) {
  std::vector<std::uint16_t> out;
  const auto first = wide(number, entry.at, widths.offset);
  if (!first || entry.bytes != 2 || entry.count > 3 * 256) return out;
  for (std::uint64_t k = 0; k < entry.count; ++k) out.push_back(static_cast<std::uint16_t>(number(*first + 2 * k, 2).value_or(0)));
  return out;
}

struct First {
  std::uint64_t at;
  const Widths& widths;
};

/// Returns the place and layout of the first directory.
std::optional<First> first_directory(const TiffNumber& number) {
  const auto version = number(2, 2);
  if (!version) return {};
  const bool is_big = *version == bigtiff;
  const Widths& widths = is_big ? big : classic;
  const auto at = wide(number, is_big ? 8 : 4, widths.offset);
  return at ? std::optional(First{*at, widths}) : std::nullopt;
}

TiffNumber numbers_of(std::span<const std::uint8_t> file, TiffKind kind) {
  return [file, kind](std::uint64_t at, int bytes) -> std::optional<std::uint32_t> {
    if (at > file.size() || static_cast<std::uint64_t>(bytes) > file.size() - at) return {};
    std::uint32_t out = 0;
    for (int k = 0; k < bytes; ++k)
      out = out << 8 | file[static_cast<std::size_t>(at) + static_cast<std::size_t>(kind == TiffKind::Little ? bytes - 1 - k : k)];
    return out;
  };
}

TiffKind kind_of(std::span<const std::uint8_t> file) {
  return tiff_kind(std::string_view(reinterpret_cast<const char*>(file.data()), std::min<std::size_t>(file.size(), 4)));
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
  const auto first = first_directory(number);
  if (!first) return {};
  TiffDirectory out;
  std::optional<std::uint64_t> last_offset, last_bytes;
  const auto next = walk(number, first->at, first->widths, [&](const Entry& entry) {
    constexpr std::uint32_t strip_offsets = 273, strip_bytes = 279, tile_offsets = 324, tile_bytes = 325, colours = 320;
    if (entry.tag == 256) out.width = entry.value;
    if (entry.tag == 257) out.height = entry.value;
    if (entry.tag == TiffPhotometric) out.photometric = entry.value;
    if (entry.tag == TiffOrientation) out.orientation = entry.value;
    if (entry.tag == 258) out.bits = first_short(number, entry, first->widths);
    if (entry.tag == 277) out.samples = entry.value;
    if (entry.tag == 339) out.sample_format = first_short(number, entry, first->widths);
    if (entry.tag == colours) out.palette = palette_of(number, entry, first->widths);
    if (entry.tag == strip_offsets || entry.tag == tile_offsets) last_offset = last_of(number, entry, first->widths);
    if (entry.tag == strip_bytes || entry.tag == tile_bytes) last_bytes = last_of(number, entry, first->widths);
  });
  if (!next) return {};
  // A sum that is no offset is beyond the end of any file.
  if (last_offset && last_bytes) out.end_of_pixels = *last_offset + std::min(*last_bytes, UINT64_MAX - *last_offset);
  if (*next == 0) return out;
  bool is_reduced = false;  // The second image is a preview of the first.
  out.has_more_pages = walk(number, *next, first->widths,
                            [&is_reduced](const Entry& entry) {
                              if (entry.tag == 254) is_reduced = (entry.value.value_or(0) & 1) != 0;
                            })
                           .has_value() &&
                       !is_reduced;
  return out;
}

std::optional<TiffDirectory> read_tiff_directory(std::span<const std::uint8_t> file) {
  const TiffKind kind = kind_of(file);
  if (kind == TiffKind::None) return {};
  return read_tiff_directory(numbers_of(file, kind));
}

std::vector<std::uint8_t> with_tiff_tag(std::span<const std::uint8_t> file, TiffTag tag, std::uint32_t value) {
  std::vector<std::uint8_t> out(file.begin(), file.end());
  const TiffKind kind = kind_of(file);
  const TiffNumber number = numbers_of(file, kind);
  const auto first = kind == TiffKind::None ? std::nullopt : first_directory(number);
  if (!first) return out;
  (void)walk(number, first->at, first->widths, [&](const Entry& entry) {
    if (entry.tag != tag || !entry.value) return;
    const int bytes = std::min(entry.bytes, 4);
    for (int k = 0; k < bytes; ++k)
      out[static_cast<std::size_t>(entry.at) + static_cast<std::size_t>(kind == TiffKind::Little ? k : bytes - 1 - k)] =
          static_cast<std::uint8_t>(value >> 8 * k);
  });
  return out;
}

}  // namespace leat
