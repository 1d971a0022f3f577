#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

namespace leat {

/// A file that is written from begin to end. From `sync` on its contents survive a crash of the machine; its name needs `sync_folder`. Each
/// member function throws std::runtime_error with the path and the reason. [one thread]
class DurableFile {
 public:
  /// Creates an empty file, over any file of that name.
  explicit DurableFile(const std::filesystem::path& path);
  /// Truncates the file to `kept` bytes, and appends to them.
  DurableFile(const std::filesystem::path& path, std::int64_t kept);
  ~DurableFile();
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;

  void write(std::string_view bytes) { write({bytes}); }
  void write(const void* data, std::size_t size) { write({std::string_view(static_cast<const char*>(data), size)}); }
  /// Writes at most 16 parts one after another, usually by one system call.
  void write(std::initializer_list<std::string_view> parts);
  void sync();
  void close();
  /// Returns the length of the file: bytes kept and written.
  [[nodiscard]] std::int64_t length() const { return length_; }

 private:
  [[noreturn]] void fail(const char* what) const;

  std::string path_;
  int file_ = -1;
  std::int64_t length_ = 0;
};

/// Writes and syncs a new file, and renames it to `path`, so that a reader finds the old or the new file. Throws std::runtime_error with
/// the path and the reason; then the old file is unchanged. The new name survives a crash of the machine only after `sync_folder`.
void write_file(const std::filesystem::path& path, std::string_view text);

/// Makes the names in a folder survive a crash of the machine. Throws std::runtime_error with the path and the reason.
void sync_folder(const std::filesystem::path& folder);

}  // namespace leat
