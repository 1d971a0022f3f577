#include "leat/file_contents.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "leat/value.h"

namespace leat {

namespace {

constexpr std::size_t block_bytes = 4096;

class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& path) : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (file_ >= 0) ::close(file_);
  }

  /// Continues `hash` with `count` bytes from `begin`, or fewer if the file ends. Returns false if they cannot be read.
  bool add(std::int64_t begin, std::size_t count, std::vector<char>& buffer, std::uint64_t& hash) const {
    buffer.resize(count);
    std::size_t done = 0;
    while (file_ >= 0 && done < count) {
      const ::ssize_t got = ::pread(file_, buffer.data() + done, count - done, static_cast<::off_t>(begin) + static_cast<::off_t>(done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return false;
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    hash = hash_bytes(buffer.data(), done, hash);
    return file_ >= 0;
  }

 private:
  int file_;
};

}  // namespace

std::uint64_t hash_of_file(const std::filesystem::path& path, std::int64_t bytes, Extent extent, std::vector<char>& buffer) {
  constexpr std::int64_t piece = 1 << 20;
  constexpr auto block = static_cast<std::int64_t>(block_bytes);
  const OpenFile file(path);
  std::uint64_t hash = 1;
  bool is_read = true;
  if (extent == Extent::Whole || bytes <= 3 * block) {
    for (std::int64_t begin = 0; is_read && begin < bytes; begin += piece)
      is_read = file.add(begin, static_cast<std::size_t>(std::min(piece, bytes - begin)), buffer, hash);
  } else if (extent == Extent::Middle) {
    is_read = file.add((bytes - block) / 2, block_bytes, buffer, hash);
  } else {
    for (const std::int64_t begin : {std::int64_t{0}, (bytes - block) / 2, bytes - block})
      is_read = is_read && file.add(begin, block_bytes, buffer, hash);
  }
  return is_read ? std::max<std::uint64_t>(hash, 1) : 0;
}

}  // namespace leat
