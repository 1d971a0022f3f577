#include "image/cut_png.h"

#include <algorithm>
#include <array>

namespace leat {
namespace {

constexpr std::array<std::uint8_t, 8> png_start{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

std::string cut(std::size_t bytes, const std::string& missing) {
  return "the PNG is truncated: it ends after " + std::to_string(bytes) + " bytes " + missing;
}

}  // namespace

bool is_png(std::span<const std::uint8_t> file) {
  return file.size() >= png_start.size() && std::equal(png_start.begin(), png_start.end(), file.begin());
}

/// A PNG is a signature and chunks. A chunk is its length, name, content and checksum. The last chunk is IEND.
std::string find_cut_png(std::span<const std::uint8_t> file) {
  std::size_t at = png_start.size();
  while (at + 12 <= file.size()) {
    const std::size_t length = std::size_t{file[at]} << 24 | file[at + 1] << 16 | file[at + 2] << 8 | file[at + 3];
    const std::string name(file.begin() + static_cast<std::ptrdiff_t>(at) + 4, file.begin() + static_cast<std::ptrdiff_t>(at) + 8);
    if (length > file.size() - at - 12) return cut(file.size(), "inside its chunk " + name);
    if (name == "IEND") return {};
    at += length + 12;
  }
  return cut(file.size(), "without its end chunk");
}

}  // namespace leat
