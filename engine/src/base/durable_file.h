#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

namespace leat {

/// A file that is written front to back. What is in it lasts from `sync` on, whatever happens to the machine; that its name does takes
/// `sync_folder`. Each member function throws std::runtime_error with the path and the reason. [one thread]
class DurableFile {
 public:
  /// An empty file: what was there is gone.
  explicit DurableFile(const std::filesystem::path& path);
  /// Keeps so many bytes of what is there, and appends to them.
  DurableFile(const std::filesystem::path& path, std::int64_t kept);
  ~DurableFile();
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;

  void write(std::string_view bytes) { write({bytes}); }
  void write(const void* data, std::size_t size) { write({std::string_view(static_cast<const char*>(data), size)}); }
  /// One behind the other, by one call of the system if it takes them all. At most 16.
  void write(std::initializer_list<std::string_view> parts);
  void sync();
  void close();
  /// The bytes that were kept and written.
  [[nodiscard]] std::int64_t length() const { return length_; }

 private:
  [[noreturn]] void fail(const char* what) const;

  std::string path_;
  int file_ = -1;
  std::int64_t length_ = 0;
};

/// Writes a whole file beside, syncs it and renames it, so that a reader finds the old one or the new one. Throws std::runtime_error with
/// the path and the reason; then the old one is as it was. That the name lasts as well takes `sync_folder`.
void write_file(const std::filesystem::path& path, std::string_view text);

/// The names in a folder last from here on. Throws std::runtime_error with the path and the reason.
void sync_folder(const std::filesystem::path& folder);

}  // namespace leat
