#include "leat/file_contents.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "leat/plain_file.h"
#include "leat/value.h"

namespace leat {

namespace {

constexpr std::size_t block_bytes = 4096;

/// Continues `hash` with `count` bytes from `begin`, or fewer if the file ends. Returns false if they cannot be read.
bool add(const PlainFile& file, std::int64_t begin, std::size_t count, std::vector<char>& buffer, std::uint64_t& hash) {
  buffer.resize(count);
  std::size_t done = 0;
  while (done < count) {
    const ::ssize_t got =
        ::pread(file.number(), buffer.data() + done, count - done, static_cast<::off_t>(begin) + static_cast<::off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  hash = hash_bytes(buffer.data(), done, hash);
  return true;
}

thread_local FilesReadOnce* read_once = nullptr;

/// Returns true if a file of this size is read whole.
bool is_read_whole(std::int64_t bytes, Extent extent) {
  return extent == Extent::Whole || bytes <= 3 * static_cast<std::int64_t>(block_bytes);
}

std::uint64_t key_of(const HashedFile& file, Extent extent) {
  const std::string& path = file.path.native();
  const std::int64_t extent_read =
      is_read_whole(file.bytes, extent) ? static_cast<std::int64_t>(Extent::Whole) : static_cast<std::int64_t>(extent);
  const std::array<std::int64_t, 4> numbers{file.bytes, file.time_ns, extent_read, file.begin};
  return hash_bytes(numbers.data(), sizeof numbers, hash_bytes(path.data(), path.size()));
}

}  // namespace

FilesReadOnce::FilesReadOnce() : outer_(std::exchange(read_once, this)) {}

FilesReadOnce::~FilesReadOnce() { read_once = outer_; }

std::vector<std::uint64_t> hashes_of_files(const std::vector<HashedFile>& files, Extent extent) {
  std::vector<std::uint64_t> out(files.size(), 0);
  std::vector<std::size_t> unread;
  for (std::size_t k = 0; k < files.size(); ++k) {
    if (read_once) {
      if (const auto found = read_once->hashes_.find(key_of(files[k], extent)); found != read_once->hashes_.end()) {
        out[k] = found->second;
        continue;
      }
    }
    unread.push_back(k);
  }
  for_each_place(unread.size(), [&](std::size_t which, std::vector<char>& buffer) {
    const HashedFile& file = files[unread[which]];
    out[unread[which]] = hash_of_file(file.path, file.bytes, extent, buffer, file.begin);
  });
  if (read_once)
    for (const std::size_t k : unread) read_once->hashes_.emplace(key_of(files[k], extent), out[k]);
  return out;
}

std::uint64_t hash_of_file(const std::filesystem::path& path, std::int64_t bytes, Extent extent, std::vector<char>& buffer,
                           std::int64_t begin) {
  constexpr std::int64_t piece = 1 << 20;
  constexpr auto block = static_cast<std::int64_t>(block_bytes);
  const PlainFile file(path);
  std::uint64_t hash = 1;
  bool is_read = true;
  if (!file.is_open()) return 0;
  if (is_read_whole(bytes, extent)) {
    for (std::int64_t at = 0; is_read && at < bytes; at += piece)
      is_read = add(file, begin + at, static_cast<std::size_t>(std::min(piece, bytes - at)), buffer, hash);
  } else if (extent == Extent::Middle) {
    is_read = add(file, begin + (bytes - block) / 2, block_bytes, buffer, hash);
  } else {
    for (const std::int64_t at : {std::int64_t{0}, (bytes - block) / 2, bytes - block})
      is_read = is_read && add(file, begin + at, block_bytes, buffer, hash);
  }
  return is_read ? std::max<std::uint64_t>(hash, 1) : 0;
}

}  // namespace leat
