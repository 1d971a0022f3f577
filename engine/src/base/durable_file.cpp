#include "base/durable_file.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace leat {

namespace {

[[noreturn]] void fail(const std::string& what, const std::string& path, int reason) {
  throw std::runtime_error("cannot " + what + " " + path + ": " + std::strerror(reason));
}

/// Syncs a file. EINVAL means that the file system cannot sync, and counts as success, because nothing can be done about it.
bool is_synced(int file) { return ::fsync(file) == 0 || errno == EINVAL; }

}  // namespace

DurableFile::DurableFile(const std::filesystem::path& path)
    : path_(path.string()), file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
  if (file_ < 0) fail("write");
}

DurableFile::DurableFile(const std::filesystem::path& path, std::int64_t kept)
    : path_(path.string()), file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)), length_(kept) {
  if (file_ < 0) fail("write");
  if (::ftruncate(file_, kept) == 0) return;
  const int reason = errno;
  ::close(file_);
  leat::fail("truncate", path_, reason);
}

DurableFile::~DurableFile() {
  if (file_ >= 0) ::close(file_);
}

void DurableFile::write(std::initializer_list<std::string_view> parts) {
  std::array<iovec, 16> left{};
  iovec* const end = std::transform(parts.begin(), parts.end(), left.data(), [](std::string_view part) {
    return iovec{const_cast<char*>(part.data()), part.size()};
  });
  for (iovec* part = left.data(); part != end;) {
    const ssize_t wrote = ::writev(file_, part, static_cast<int>(end - part));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) fail("write");
    length_ += wrote;
    auto taken = static_cast<std::size_t>(wrote);
    for (; part != end && taken >= part->iov_len; ++part) taken -= part->iov_len;
    if (taken == 0) continue;
    part->iov_base = static_cast<char*>(part->iov_base) + taken;
    part->iov_len -= taken;
  }
}

void DurableFile::sync() {
  if (!is_synced(file_)) fail("sync");
}

void DurableFile::close() {
  const int file = file_;
  file_ = -1;
  if (::close(file) != 0) fail("close");
}

void DurableFile::fail(const char* what) const { leat::fail(what, path_, errno); }

void write_file(const std::filesystem::path& path, std::string_view text) {
  const std::string beside = path.string() + ".new";
  DurableFile file(beside);
  try {
    file.write(text);
    file.sync();
    file.close();
    if (::rename(beside.c_str(), path.c_str()) != 0) fail("write", path.string(), errno);
  } catch (...) {
    ::unlink(beside.c_str());
    throw;
  }
}

void sync_folder(const std::filesystem::path& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) fail("open", folder.string(), errno);
  const bool is_done = is_synced(file);
  const int reason = errno;
  ::close(file);
  if (!is_done) fail("sync", folder.string(), reason);
}

}  // namespace leat
