#include "io/disk_file.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <system_error>

#include "leat/plain_file.h"

namespace leat {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using OpenFile = std::unique_ptr<std::FILE, CloseFile>;

[[noreturn]] void fail(const char* what, const std::filesystem::path& file, int reason) {
  throw std::runtime_error(std::string("cannot ") + what + " `" + file.string() + "`: " + std::generic_category().message(reason));
}

/// Returns the lock for writing a file. A sample in two steps at once is written twice, through the same temporary file. Several files can
/// share a lock.
std::mutex& lock_of(const std::filesystem::path& file) {
  static std::array<std::mutex, 64> locks;
  return locks[std::filesystem::hash_value(file) % locks.size()];
}

/// Returns the path of the temporary file. If the name is too long for an ending, it is made from the hash of the path. Invariant: files
/// with the same hash share a lock, so the name is used by one thread at a time.
std::filesystem::path beside_of(const std::filesystem::path& file) {
  constexpr std::size_t most_bytes = 255;
  constexpr std::string_view ending = ".part";
  const std::string name = file.filename().string();
  if (name.size() + ending.size() <= most_bytes) return std::filesystem::path(file) += ending;
  return file.parent_path() / (std::to_string(std::filesystem::hash_value(file)) += ending);
}

}  // namespace

bool read_at(const PlainFile& file, std::span<std::uint8_t> buffer, std::int64_t place) {
  for (std::size_t done = 0; done < buffer.size();) {
    const ::ssize_t got = ::pread(file.number(), buffer.data() + done, buffer.size() - done, place + static_cast<std::int64_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::system_error(errno, std::generic_category());
    if (got == 0) return false;
    done += static_cast<std::size_t>(got);
  }
  return true;
}

std::vector<std::uint8_t> read_whole_file(const std::filesystem::path& file) {
  const PlainFile in(file);
  if (!in.is_open()) throw std::runtime_error("cannot read `" + file.string() + "`: " + in.why());
  // With one byte more than expected, the second read normally reaches the end of the file.
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(in.bytes()) + 1);
  std::size_t count = 0;
  for (;;) {
    const ::ssize_t got = ::read(in.number(), bytes.data() + count, bytes.size() - count);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read", file, errno);
    if (got == 0) break;
    count += static_cast<std::size_t>(got);
    if (count == bytes.size()) bytes.resize(bytes.size() * 2);
  }
  bytes.resize(count);
  return bytes;
}

void write_whole_file(const std::filesystem::path& file, std::span<const std::uint8_t> bytes) {
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  if (error) fail("write", file, error.value());
  const std::filesystem::path beside = beside_of(file);
  const std::lock_guard guard(lock_of(file));
  OpenFile out(std::fopen(beside.c_str(), "wb"));
  if (!out) fail("write", file, errno);
  errno = 0;
  bool is_written = std::fwrite(bytes.data(), 1, bytes.size(), out.get()) == bytes.size();
  is_written = std::fclose(out.release()) == 0 && is_written;
  if (!is_written) {
    const int reason = errno;
    std::filesystem::remove(beside, error);
    fail("write", file, reason);
  }
  std::filesystem::rename(beside, file, error);
  if (error) fail("write", file, error.value());
}

void write_whole_file(const std::filesystem::path& file, std::string_view text) {
  write_whole_file(file, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

}  // namespace leat
