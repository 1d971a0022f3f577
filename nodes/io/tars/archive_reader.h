#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "leat/plain_file.h"

struct archive;

namespace leat {

/// Reads the entries of one tar, once and from its beginning, with libarchive: also of one that gzip, zstd, bzip2, xz or lz4 has
/// compressed. Several tars one after another in one file are one tar. All errors are std::runtime_error with the reason and the last
/// entry. A tar that ends in the middle of an entry is an error, and so are a damaged header and a tar without the zeros that end it. So
/// are zeros between two entries of a file that is not compressed, unless a whole tar ends there. [one thread]
class ArchiveReader {
 public:
  /// Fills a buffer with the next bytes, and returns their number; 0: the end.
  using ReadBytes = std::function<std::size_t(std::span<std::uint8_t>)>;

  struct Entry {
    std::string name;
    bool is_folder = false;
    bool is_file = false;    ///< With bytes of its own: no link, no device.
    bool is_sparse = false;  ///< Not all of its bytes are in the tar.
    std::int64_t count = 0;  ///< Of its bytes.
    std::int64_t place = 0;  ///< Of its first byte, if the tar is not compressed. Its header is in the 512 bytes before.
  };

  static constexpr std::size_t usual_block = std::size_t{1} << 18;

  /// `block`: bytes that are read at once. With small blocks, more of the entries that are not asked for are skipped without reading them.
  explicit ArchiveReader(const std::filesystem::path& file, std::size_t block = usual_block);
  explicit ArchiveReader(ReadBytes read);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  /// Returns the next entry; nullopt at the end.
  [[nodiscard]] std::optional<Entry> next();
  /// Returns true if the tar is compressed. Known after the first `next`.
  [[nodiscard]] bool is_compressed() const;
  /// Returns the bytes of the entry; nullopt if there are more than `most`.
  [[nodiscard]] std::optional<std::vector<std::uint8_t>> bytes(std::size_t most);

 private:
  struct Close {
    void operator()(archive* one) const;
  };

  [[noreturn]] void fail();
  void check_end();
  void check_zeros();
  static std::ptrdiff_t read(archive* of, void* self, const void** buffer);

  ReadBytes read_;
  std::vector<std::uint8_t> buffer_;
  std::exception_ptr thrown_;      ///< By `read_`.
  std::optional<PlainFile> file_;  ///< Absent with `read_`.
  std::int64_t tar_begin_ = 0;     ///< Of the last of several tars in the file.
  bool has_ended_ = false;
  std::string last_;  ///< Name of the last entry.
  std::unique_ptr<archive, Close> archive_;
};

}  // namespace leat
