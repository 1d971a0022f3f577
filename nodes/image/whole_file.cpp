#include "image/whole_file.h"

#include <algorithm>
#include <array>

namespace leat {
namespace {

constexpr std::array<std::uint8_t, 8> png_start{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

std::string cut(const char* format, std::size_t bytes, const std::string& missing) {
  return std::string("the ") + format + " is cut: it ends after " + std::to_string(bytes) + " bytes " + missing;
}

/// A PNG is its signature and chunks: length, name, content, checksum; the last is IEND.
std::string find_cut_png(std::span<const std::uint8_t> file) {
  std::size_t at = png_start.size();
  while (at + 12 <= file.size()) {
    const std::size_t length = std::size_t{file[at]} << 24 | file[at + 1] << 16 | file[at + 2] << 8 | file[at + 3];
    const std::string name(file.begin() + static_cast<std::ptrdiff_t>(at) + 4, file.begin() + static_cast<std::ptrdiff_t>(at) + 8);
    if (length > file.size() - at - 12) return cut("PNG", file.size(), "inside its chunk " + name);
    if (name == "IEND") return {};
    at += length + 12;
  }
  return cut("PNG", file.size(), "without its end chunk");
}

/// A JPEG is a chain of markers (FF xx), most with a length. After a scan's header (DA) comes coded data, where FF is followed by 00 or a
/// restart marker (D0 to D7) until the next true marker (ITU-T T.81, annex B).
std::string find_cut_jpeg(std::span<const std::uint8_t> file) {
  std::size_t at = 2;
  while (at + 1 < file.size()) {
    if (file[at] != 0xFF) {
      ++at;
      continue;
    }
    const std::uint8_t marker = file[at + 1];
    if (marker == 0xD9) return {};
    if (marker == 0xFF) {
      ++at;
    } else if (marker == 0x00 || marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {
      at += 2;
    } else {
      if (at + 3 >= file.size()) break;
      at += 2 + (std::size_t{file[at + 2]} << 8 | file[at + 3]);
    }
  }
  return cut("JPEG", file.size(), "without its end marker");
}

}  // namespace

std::string find_cut(std::span<const std::uint8_t> file) {
  if (file.size() >= 2 && file[0] == 0xFF && file[1] == 0xD8) return find_cut_jpeg(file);
  if (file.size() >= png_start.size() && std::equal(png_start.begin(), png_start.end(), file.begin())) return find_cut_png(file);
  return {};
}

}  // namespace leat
