#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace leat {

/// A file of a data set, opened for reading. Opening a pipe would wait for its writer, and reading one takes its bytes from others; so only
/// plain files are opened, and links to them. [one thread]
class PlainFile {
 public:
  explicit PlainFile(const std::filesystem::path& file);
  ~PlainFile();
  PlainFile(const PlainFile&) = delete;
  PlainFile& operator=(const PlainFile&) = delete;

  [[nodiscard]] bool is_open() const { return number_ >= 0; }
  [[nodiscard]] int number() const { return number_; }         ///< Its file descriptor; -1: it is not open.
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }  ///< Its size when it was opened.
  /// Returns the time of its last change when it was opened, in nanoseconds since 1970.
  [[nodiscard]] std::int64_t time_ns() const { return time_ns_; }
  [[nodiscard]] const std::string& why() const { return why_; }  ///< Why it is not open, such as "it is not a plain file".

 private:
  int number_ = -1;
  std::int64_t bytes_ = 0;
  std::int64_t time_ns_ = 0;
  std::string why_;
};

}  // namespace leat
