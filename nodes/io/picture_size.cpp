#include "io/picture_size.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "image/tiff_directory.h"

namespace leat {

namespace {

/// Access to the bytes of an image file by position, in memory or on disk.
class Bytes {
 public:
  virtual ~Bytes() = default;
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
  explicit FileBytes(const std::filesystem::path& file) : file_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (file_ >= 0) count_ = std::max<ssize_t>(0, ::pread(file_, first_.data(), first_.size(), 0));
  }
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;
  ~FileBytes() override {
    if (file_ >= 0) ::close(file_);
  }
  bool copy(std::uint64_t at, std::span<std::uint8_t> out) override {
    if (at + out.size() <= static_cast<std::uint64_t>(count_)) {
      std::memcpy(out.data(), first_.data() + at, out.size());
      return true;
    }
    return file_ >= 0 && ::pread(file_, out.data(), out.size(), static_cast<off_t>(at)) == static_cast<ssize_t>(out.size());
  }

 private:
  int file_;
  ssize_t count_ = 0;
  std::array<std::uint8_t, 2048> first_{};
};

std::optional<PictureSize> checked(std::optional<std::uint32_t> width, std::optional<std::uint32_t> height) {
  constexpr std::uint32_t most = 1u << 20;  // OpenCV's limit for decoding
  if (!width || !height || *width == 0 || *height == 0 || *width > most || *height > most) return {};
  return PictureSize{static_cast<int>(*width), static_cast<int>(*height)};
}

bool is_frame_header(std::uint32_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

std::optional<PictureSize> jpeg_size(Bytes& bytes) {
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
    if (is_frame_header(*marker)) return checked(bytes.big(at + 7, 2), bytes.big(at + 5, 2));
    at += 2 + *length;
  }
  return {};
}

std::optional<PictureSize> bmp_size(Bytes& bytes) {
  const auto header = bytes.little(14, 4);
  if (!header) return {};
  if (*header == 12) return checked(bytes.little(18, 2), bytes.little(20, 2));
  auto height = bytes.little(22, 4);
  if (height && *height > 0x7FFFFFFFu) height = 0u - *height;  // negative: stored from the top
  return checked(bytes.little(18, 4), height);
}

std::optional<PictureSize> tiff_size(Bytes& bytes, bool is_little) {
  const auto directory =
      read_tiff_directory([&bytes, is_little](std::uint64_t at, int count) { return bytes.number(at, count, is_little); });
  return directory ? checked(directory->width, directory->height) : std::nullopt;
}

std::optional<PictureSize> size_of(Bytes& bytes) {
  std::array<std::uint8_t, 8> head{};
  if (!bytes.copy(0, head)) return {};
  const std::string_view magic(reinterpret_cast<const char*>(head.data()), head.size());
  if (magic == "\x89PNG\r\n\x1A\n") return checked(bytes.big(16, 4), bytes.big(20, 4));
  if (magic.starts_with("\xFF\xD8")) return jpeg_size(bytes);
  if (magic.starts_with("BM")) return bmp_size(bytes);
  const TiffKind tiff = tiff_kind(magic);
  return tiff == TiffKind::None ? std::nullopt : tiff_size(bytes, tiff == TiffKind::Little);
}

}  // namespace

std::optional<PictureSize> picture_size(std::span<const std::uint8_t> bytes) {
  MemoryBytes memory(bytes);
  return size_of(memory);
}

std::optional<PictureSize> picture_size(const std::filesystem::path& file) {
  FileBytes on_disk(file);
  return size_of(on_disk);
}

}  // namespace leat
