#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace leat::run {

/// A file of lines that only grows, but for a resumed run, which first cuts it to what the checkpoint knew.
class LineFile {
 public:
  LineFile() = default;
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  void open(const std::filesystem::path& file, std::int64_t length);
  void append(const std::string& line);
  /// What was appended lasts, whatever happens to the machine.
  void sync();
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
