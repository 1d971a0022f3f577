#include "image/hidden_entries.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <string_view>
#include <vector>

#include "image/cut_png.h"
#include "image/decode_picture.h"
#include "image/tiff_directory.h"

namespace leat {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::uint32_t big(std::span<const std::uint8_t> bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 | std::uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
}

std::uint32_t little(std::span<const std::uint8_t> bytes, std::size_t at) {
  return std::uint32_t{bytes[at + 3]} << 24 | std::uint32_t{bytes[at + 2]} << 16 | std::uint32_t{bytes[at + 1]} << 8 | bytes[at];
}

/// Returns the checksum of a PNG's chunk, from its name to the end of its content.
std::uint32_t png_checksum(std::span<const std::uint8_t> bytes) {
  std::uint32_t sum = 0xFFFFFFFFu;
  for (const std::uint8_t byte : bytes) {
    sum ^= byte;
    for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ (sum & 1 ? 0xEDB88320u : 0u);
  }
  return ~sum;
}

/// Red, green and blue of each entry of a palette, in any order, and the difference up to which two numbers can be decoded as equal.
struct Palette {
  std::vector<std::array<int, 3>> entries;
  int same = 0;

  [[nodiscard]] bool has_equal_entries() const {
    for (std::size_t k = 0; k < entries.size(); ++k)
      for (std::size_t other = 0; other < k; ++other) {
        const auto is_near = [this](int one, int two) { return std::abs(one - two) <= same; };
        if (std::equal(entries[k].begin(), entries[k].end(), entries[other].begin(), is_near)) return true;
      }
    return false;
  }
};

/// Returns `count` entries of one byte per colour, `step` bytes from one another.
Palette palette_of_bytes(std::span<const std::uint8_t> file, std::size_t at, std::size_t count, std::size_t step) {
  Palette out;
  for (std::size_t k = 0; k < count; ++k, at += step) out.entries.push_back({file[at], file[at + 1], file[at + 2]});
  return out;
}

enum class Which { WithEqualEntries, All };

/// The functions below return the file with a palette in which entry k is the gray k or, for a TIFF, without its palette. They return
/// nothing if the file has no palette, or if all of its entries have different colours and `which` is WithEqualEntries.
Bytes numbered_png(std::span<const std::uint8_t> file, Which which) {
  constexpr std::size_t first_chunk = 8, kind_of_colour = 25;
  constexpr std::uint8_t palette = 3;
  constexpr std::uint32_t plte = 0x504C5445;
  if (file.size() <= kind_of_colour || file[kind_of_colour] != palette) return {};
  for (std::size_t at = first_chunk; at + 12 <= file.size();) {
    const std::size_t length = big(file, at);
    if (length > file.size() - at - 12) return {};
    if (big(file, at + 4) == plte) {
      if (length > 768) return {};
      if (which == Which::WithEqualEntries && !palette_of_bytes(file, at + 8, length / 3, 3).has_equal_entries()) return {};
      Bytes out(file.begin(), file.end());
      for (std::size_t k = 0; k < length; ++k) out[at + 8 + k] = static_cast<std::uint8_t>(k / 3);
      const std::uint32_t sum = png_checksum(std::span(out).subspan(at + 4, length + 4));
      for (std::size_t k = 0; k < 4; ++k) out[at + 8 + length + k] = static_cast<std::uint8_t>(sum >> (24 - 8 * k));
      return out;
    }
    at += length + 12;
  }
  return {};
}

Bytes numbered_bmp(std::span<const std::uint8_t> file, Which which) {
  constexpr std::size_t file_header = 14, least_header = 40;
  if (file.size() < file_header + least_header || file[0] != 'B' || file[1] != 'M') return {};
  const std::size_t header = little(file, file_header), bits = file[28] | file[29] << 8;
  if (header < least_header || bits > 8 || bits == 0) return {};
  const std::size_t stated = little(file, 46), count = stated == 0 || stated > 256 ? std::size_t{1} << bits : stated;
  const std::size_t palette = file_header + header;
  if (header > file.size() || palette + 4 * count > file.size()) return {};
  if (which == Which::WithEqualEntries && !palette_of_bytes(file, palette, count, 4).has_equal_entries()) return {};
  Bytes out(file.begin(), file.end());
  for (std::size_t k = 0; k < count; ++k)
    std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(palette + 4 * k), 3, static_cast<std::uint8_t>(k));
  return out;
}

Bytes numbered_tiff(std::span<const std::uint8_t> file, Which which) {
  constexpr std::uint32_t smallest_is_black = 1, palette = 3;
  const auto tiff = read_tiff_directory(file);
  if (!tiff || tiff->photometric != palette) return {};
  // All numbers of red, then those of green and of blue. The decoder keeps 8 of their 16 bits.
  Palette colours;
  colours.same = 256;
  const std::size_t count = tiff->palette.size() / 3;
  for (std::size_t k = 0; k < count; ++k)
    colours.entries.push_back({tiff->palette[k], tiff->palette[count + k], tiff->palette[2 * count + k]});
  return which == Which::All || colours.has_equal_entries() ? with_tiff_tag(file, TiffPhotometric, smallest_is_black) : Bytes();
}

Bytes numbered(std::span<const std::uint8_t> file, Which which) {
  return is_png(file)                        ? numbered_png(file, which)
         : file.size() > 2 && file[0] == 'B' ? numbered_bmp(file, which)
                                             : numbered_tiff(file, which);
}

/// Calls `take` with the first channel of each pixel of `numbers`, and all channels of the pixel of `colours`.
template <class Take>
void each_pixel(const cv::Mat& numbers, const cv::Mat& colours, Take take) {
  const std::size_t step = numbers.elemSize(), size = colours.elemSize();
  for (int y = 0; y < numbers.rows; ++y)
    for (int x = 0; x < numbers.cols; ++x) {
      const auto at = static_cast<std::size_t>(x);
      take(numbers.ptr(y)[at * step], std::string_view(reinterpret_cast<const char*>(colours.ptr(y)) + at * size, size));
    }
}

}  // namespace

bool has_hidden_entries(std::span<const std::uint8_t> file, const cv::Mat& decoded) {
  const Bytes as_gray = numbered(file, Which::WithEqualEntries);
  if (as_gray.empty()) return false;
  const cv::Mat numbers = decode_picture(as_gray).pixels;
  if (numbers.size() != decoded.size() || numbers.depth() != CV_8U) return false;
  std::array<std::string_view, 256> colour_of{};
  each_pixel(numbers, decoded, [&](std::uint8_t number, std::string_view colour) { colour_of[number] = colour; });
  std::map<std::string_view, int> users;
  for (const std::string_view colour : colour_of)
    if (!colour.empty() && ++users[colour] > 1) return true;
  return false;
}

cv::Mat palette_numbers(std::span<const std::uint8_t> file) {
  const Bytes as_gray = numbered(file, Which::All);
  if (as_gray.empty()) return {};
  cv::Mat out;
  cv::extractChannel(decode_picture(as_gray).pixels, out, 0);
  return out;
}

}  // namespace leat
