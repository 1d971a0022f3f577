#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace leat::run {

/// Does a run's writing, in order, on a thread of its own, so that neither workers nor the device lane wait for a disk. [any thread]
class Recorder {
 public:
  /// `failed` learns of the first job that threw; those after it are dropped.
  explicit Recorder(std::function<void(std::exception_ptr)> failed);
  ~Recorder();

  void post(std::function<void()> job);
  /// Returns when all that was posted before is done.
  void flush();

 private:
  void work();

  std::function<void(std::exception_ptr)> failed_;
  std::mutex lock_;
  std::condition_variable moved_;
  std::deque<std::function<void()>> jobs_;
  bool is_busy_ = false;
  bool has_failed_ = false;
  bool is_closing_ = false;
  std::thread thread_;
};

/// A file of lines that only grows, but for a resumed run, which first cuts it to what the checkpoint knew.
class LineFile {
 public:
  LineFile() = default;
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  void open(const std::filesystem::path& file, std::int64_t length);
  void append(const std::string& line);
  [[nodiscard]] std::int64_t length() const { return length_; }
  [[nodiscard]] bool is_open() const { return file_ >= 0; }

 private:
  int file_ = -1;
  std::int64_t length_ = 0;
  std::string path_;
};

/// Creates a run's folder and locks it while this object lives: a second run in one folder is refused.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_ = -1;
};

/// Writes a whole file beside and renames it. Throws std::runtime_error with the path and the reason.
void write_file(const std::filesystem::path& file, const std::string& text);

}  // namespace leat::run
