#include "run/recorder.h"

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

Recorder::Recorder(std::function<void(std::exception_ptr)> failed) : failed_(std::move(failed)), thread_([this] { work(); }) {}

Recorder::~Recorder() {
  {
    const std::lock_guard guard(lock_);
    is_closing_ = true;
  }
  moved_.notify_all();
  thread_.join();
}

void Recorder::post(std::function<void()> job) {
  {
    const std::lock_guard guard(lock_);
    jobs_.push_back(std::move(job));
  }
  moved_.notify_all();
}

void Recorder::flush() {
  std::unique_lock guard(lock_);
  moved_.wait(guard, [this] { return jobs_.empty() && !is_busy_; });
}

void Recorder::work() {
  std::unique_lock guard(lock_);
  for (;;) {
    moved_.wait(guard, [this] { return is_closing_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const auto job = std::move(jobs_.front());
    jobs_.pop_front();
    is_busy_ = true;
    const bool is_dropped = has_failed_;
    guard.unlock();
    try {
      if (!is_dropped) job();
    } catch (...) {
      failed_(std::current_exception());
      guard.lock();
      has_failed_ = true;
      guard.unlock();
    }
    guard.lock();
    is_busy_ = false;
    moved_.notify_all();
  }
}

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
