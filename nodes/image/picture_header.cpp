#include "image/picture_header.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "image/tiff_directory.h"
#include "leat/plain_file.h"

namespace leat {

namespace {

/// Access to the bytes of an image file by position, in memory or on disk.
class Bytes {
 public:
  virtual ~Bytes() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// Returns false if the file is too short.
  virtual bool copy(std::uint64_t at, std::span<std::uint8_t> out) = 0;

  std::optional<std::uint32_t> big(std::uint64_t at, int count) { return number(at, count, false); }
  std::optional<std::uint32_t> little(std::uint64_t at, int count) { return number(at, count, true); }
  std::optional<std::uint32_t> number(std::uint64_t at, int count, bool is_little) {
    std::array<std::uint8_t, 4> raw{};
    if (!copy(at, std::span(raw).first(static_cast<std::size_t>(count)))) return {};
    std::uint32_t out = 0;
    for (int k = 0; k < count; ++k) out = out << 8 | raw[static_cast<std::size_t>(is_little ? count - 1 - k : k)];
    return out;
  }
};

class MemoryBytes final : public Bytes {
 public:
  explicit MemoryBytes(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  bool copy(std::uint64_t at, std::span<std::uint8_t> out) override {
    if (at > bytes_.size() || out.size() > bytes_.size() - at) return false;
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at), out.size(), out.begin());
    return true;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

/// Keeps the first block in memory, which is enough for most files.
class FileBytes final : public Bytes {
 public:
  explicit FileBytes(const std::filesystem::path& file) : file_(file) {
    if (file_.is_open()) count_ = std::max<ssize_t>(0, ::pread(file_.number(), first_.data(), first_.size(), 0));
  }
  [[nodiscard]] std::uint64_t size() const override { return file_.is_open() ? static_cast<std::uint64_t>(file_.bytes()) : 0; }
  bool copy(std::uint64_t at, std::span<std::uint8_t> out) override {
    const auto known = static_cast<std::uint64_t>(count_);
    if (at <= known && out.size() <= known - at) {
      std::memcpy(out.data(), first_.data() + at, out.size());
      return true;
    }
    return file_.is_open() && ::pread(file_.number(), out.data(), out.size(), static_cast<off_t>(at)) == static_cast<ssize_t>(out.size());
  }

 private:
  PlainFile file_;
  ssize_t count_ = 0;
  std::array<std::uint8_t, 2048> first_{};
};

/// Returns the header of an image with these dimensions, as they are stored.
std::optional<PictureHeader> header_of(std::optional<std::uint32_t> width, std::optional<std::uint32_t> height, int orientation,
                                       bool is_whole) {
  constexpr std::uint32_t most = 1u << 20;  // OpenCV's limit for decoding
  if (!width || !height || *width == 0 || *height == 0 || *width > most || *height > most) return {};
  PictureHeader out{{static_cast<int>(*width), static_cast<int>(*height)}, orientation, is_whole};
  out.size = out.stored();
  return out;
}

/// Adds the kind of the decoded pixels.
std::optional<PictureHeader> with_kind(std::optional<PictureHeader> header, int bits, int channels) {
  if (header) header->bits = bits, header->channels = channels;
  return header;
}

int orientation_in(const std::optional<TiffDirectory>& directory) {
  const std::uint32_t found = directory ? directory->orientation.value_or(1) : 1;
  return found >= 1 && found <= 8 ? static_cast<int>(found) : 1;
}

TiffKind tiff_at(Bytes& bytes, std::uint64_t at) {
  std::array<std::uint8_t, 4> head{};
  if (!bytes.copy(at, head)) return TiffKind::None;
  return tiff_kind(std::string_view(reinterpret_cast<const char*>(head.data()), head.size()));
}

/// Returns the orientation that EXIF data state. They are a TIFF without an image, with or without `Exif` and two zeros before it.
int exif_orientation(Bytes& bytes, std::uint64_t at, std::uint64_t length) {
  constexpr std::uint32_t exif = 0x45786966;
  if (bytes.big(at, 4) == exif) at += 6, length -= std::min<std::uint64_t>(length, 6);
  const TiffKind kind = tiff_at(bytes, at);
  if (kind == TiffKind::None) return 1;
  return orientation_in(read_tiff_directory([&](std::uint64_t place, int count) -> std::optional<std::uint32_t> {
    if (place > length || static_cast<std::uint64_t>(count) > length - place) return {};
    return bytes.number(at + place, count, kind == TiffKind::Little);
  }));
}

bool ends_with(Bytes& bytes, std::string_view mark) {
  std::array<std::uint8_t, 12> end{};
  const std::span<std::uint8_t> last = std::span(end).first(mark.size());
  if (bytes.size() < mark.size() || !bytes.copy(bytes.size() - mark.size(), last)) return false;
  return std::memcmp(last.data(), mark.data(), mark.size()) == 0;
}

std::optional<PictureHeader> png_header(Bytes& bytes) {
  constexpr std::uint32_t exif = 0x65584966, data = 0x49444154;
  constexpr std::string_view end("\0\0\0\0IEND\xAE\x42\x60\x82", 12);
  int orientation = 1;
  std::uint64_t at = 8;
  for (int steps = 0; steps < 4096; ++steps) {
    const auto length = bytes.big(at, 4), name = bytes.big(at + 4, 4);
    if (!length || !name || *name == data) break;
    if (*name == exif) orientation = exif_orientation(bytes, at + 8, *length);
    at += std::uint64_t{12} + *length;
  }
  const std::uint32_t depth = bytes.big(24, 1).value_or(8), kind_of_colour = bytes.big(25, 1).value_or(0);
  const bool is_gray = kind_of_colour == 0 || kind_of_colour == 4;
  return with_kind(header_of(bytes.big(16, 4), bytes.big(20, 4), orientation, ends_with(bytes, end)), depth == 16 ? 16 : 8,
                   is_gray ? 1 : 3);
}

bool is_frame_header(std::uint32_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

std::optional<PictureHeader> jpeg_header(Bytes& bytes) {
  constexpr std::uint32_t app1 = 0xE1;
  int orientation = 1;
  std::uint64_t at = 2;
  for (int steps = 0; steps < 4096; ++steps) {
    const auto fill = bytes.big(at, 1), marker = bytes.big(at + 1, 1);
    if (!fill || !marker || *fill != 0xFF) return {};
    if (*marker == 0xFF) {  // padding
      ++at;
      continue;
    }
    const auto length = bytes.big(at + 2, 2);
    if (!length || *length < 2 || *marker == 0xD9 || *marker == 0xDA) return {};
    if (*marker == app1 && orientation == 1) orientation = exif_orientation(bytes, at + 4, *length - 2);
    if (is_frame_header(*marker))
      return with_kind(header_of(bytes.big(at + 7, 2), bytes.big(at + 5, 2), orientation, ends_with(bytes, "\xFF\xD9")), 8,
                       bytes.big(at + 9, 1).value_or(0) == 1 ? 1 : 3);
    at += 2 + *length;
  }
  return {};
}

std::optional<PictureHeader> bmp_header(Bytes& bytes) {
  const auto header = bytes.little(14, 4), pixels = bytes.little(10, 4);
  if (!header) return {};
  if (*header == 12) return header_of(bytes.little(18, 2), bytes.little(20, 2), 1, true);
  const auto width = bytes.little(18, 4), bits = bytes.little(28, 2), compression = bytes.little(30, 4);
  auto height = bytes.little(22, 4);
  if (height && *height > 0x7FFFFFFFu) height = 0u - *height;  // negative: stored from the top
  bool is_whole = true;
  if (width && height && bits && pixels && compression == 0u) {
    const std::uint64_t row = (std::uint64_t{*width} * *bits + 31) / 32 * 4;
    // The last row can lack its padding.
    is_whole = bytes.size() + 3 >= *pixels + row * *height;
  }
  // The decoder tells a palette of grays from one of colours.
  const bool has_palette = bits.value_or(0) < 16;
  return with_kind(header_of(width, height, 1, is_whole), 8, has_palette ? 0 : 3);
}

/// Returns the bits of a value of the decoded TIFF, or 0 for kinds that are decoded in other ways or refused.
int decoded_bits(const TiffDirectory& tiff) {
  constexpr std::uint32_t is_unsigned = 1, is_float = 3;
  const std::uint32_t bits = tiff.bits.value_or(1), format = tiff.sample_format.value_or(is_unsigned);
  if (format == is_float) return bits == 32 ? 32 : 0;
  if (format != is_unsigned || bits > 16) return 0;
  return bits > 8 ? 16 : 8;
}

std::optional<PictureHeader> with_tiff_kind(std::optional<PictureHeader> header, const TiffDirectory& tiff) {
  constexpr std::uint32_t smallest_is_white = 0, smallest_is_black = 1, rgb = 2, palette = 3;
  const std::uint32_t samples = tiff.samples.value_or(1), photometric = tiff.photometric.value_or(smallest_is_black);
  if (photometric == palette && samples == 1) return with_kind(header, 8, 3);
  const bool is_gray = (photometric == smallest_is_white || photometric == smallest_is_black) && samples == 1;
  const bool is_colour = photometric == rgb && (samples == 3 || samples == 4);
  if (!is_gray && !is_colour) return header;
  return with_kind(header, decoded_bits(tiff), is_gray ? 1 : 3);
}

std::optional<PictureHeader> tiff_header(Bytes& bytes, bool is_little) {
  const auto directory =
      read_tiff_directory([&bytes, is_little](std::uint64_t at, int count) { return bytes.number(at, count, is_little); });
  if (!directory) return {};
  const bool is_whole = directory->end_of_pixels.value_or(0) <= bytes.size();
  return with_tiff_kind(header_of(directory->width, directory->height, orientation_in(directory), is_whole), *directory);
}

std::optional<PictureHeader> header_of(Bytes& bytes) {
  std::array<std::uint8_t, 8> head{};
  if (!bytes.copy(0, head)) return {};
  const std::string_view magic(reinterpret_cast<const char*>(head.data()), head.size());
  if (magic == "\x89PNG\r\n\x1A\n") return png_header(bytes);
  if (magic.starts_with("\xFF\xD8")) return jpeg_header(bytes);
  if (magic.starts_with("BM")) return bmp_header(bytes);
  const TiffKind tiff = tiff_kind(magic);
  return tiff == TiffKind::None ? std::nullopt : tiff_header(bytes, tiff == TiffKind::Little);
}

}  // namespace

std::optional<PictureHeader> picture_header(std::span<const std::uint8_t> bytes) {
  MemoryBytes memory(bytes);
  return header_of(memory);
}

std::optional<PictureHeader> picture_header(const std::filesystem::path& file) {
  FileBytes on_disk(file);
  return header_of(on_disk);
}

}  // namespace leat
