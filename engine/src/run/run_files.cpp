#include "run/run_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace leat::run {

namespace {

std::runtime_error failure(const std::string& what, const std::string& path) {
  return std::runtime_error("cannot " + what + " " + path + ": " + std::strerror(errno));
}

void write_all(int file, const std::string& text, const std::string& path) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t wrote = ::write(file, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) throw failure("write", path);
    done += static_cast<std::size_t>(wrote);
  }
}

}  // namespace

LineFile::~LineFile() {
  if (file_ >= 0) ::close(file_);
}

void LineFile::open(const std::filesystem::path& file, std::int64_t length) {
  path_ = file.string();
  file_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0 || ::ftruncate(file_, length) != 0 || ::lseek(file_, length, SEEK_SET) < 0) throw failure("write", path_);
  length_ = length;
}

void LineFile::append(const std::string& line) {
  write_all(file_, line, path_);
  length_ += static_cast<std::int64_t>(line.size());
}

void LineFile::sync() {
  if (file_ >= 0 && ::fsync(file_) != 0 && errno != EINVAL) throw failure("sync", path_);
}

FolderLock::FolderLock(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw std::runtime_error("cannot make the folder " + folder.string() + ": " + error.message());
  const std::string path = (folder / "lock").string();
  file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0) throw failure("write", path);
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    ::close(file_);
    throw std::runtime_error("another run is using " + folder.string());
  }
}

FolderLock::~FolderLock() {
  if (file_ >= 0) ::close(file_);
}

void write_file(const std::filesystem::path& file, const std::string& text) {
  const std::string beside = file.string() + ".new";
  const int out = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (out < 0) throw failure("write", beside);
  try {
    write_all(out, text, beside);
    if (::fsync(out) != 0 && errno != EINVAL) throw failure("sync", beside);
  } catch (...) {
    ::close(out);
    ::unlink(beside.c_str());
    throw;
  }
  ::close(out);
  if (::rename(beside.c_str(), file.c_str()) != 0) throw failure("write", file.string());
}

}  // namespace leat::run
