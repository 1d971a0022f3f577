#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace leat {

/// Reads the records of a text file one after another, in a buffer of fixed size: rows of a CSV file (RFC 4180; a quoted field can contain
/// ends of lines), or lines. A mark of UTF-8 at the begin is skipped. [one thread]
class RecordFile {
 public:
  /// `separator`: the one of the fields; 0: each line is a record, and quotes have no meaning. Throws std::runtime_error with the path and
  /// the reason.
  explicit RecordFile(const std::filesystem::path& file, char separator = ',');

  /// Reads the next record, which can be empty. Returns false at the end. Throws std::runtime_error if the file cannot be read.
  [[nodiscard]] bool next();
  [[nodiscard]] const std::string& text() const { return text_; }      ///< The record, without the end of its line.
  [[nodiscard]] std::int64_t begin() const { return begin_; }          ///< Position of its first byte in the file.
  [[nodiscard]] std::int64_t line() const { return line_; }            ///< Line where it begins, from 1.
  [[nodiscard]] bool is_line_ended() const { return is_line_ended_; }  ///< False: the file ends without an end of line.

 private:
  [[nodiscard]] int peek();
  int take();

  std::string path_;
  char separator_;
  std::ifstream in_;
  std::vector<char> buffer_;
  std::size_t at_ = 0, filled_ = 0;
  std::int64_t position_ = 0, begin_ = 0, line_ = 0, lines_read_ = 0;
  bool is_line_ended_ = true;
  std::string text_;
};

/// Returns the fields of one record; an empty record has none. Throws std::runtime_error like `read_csv`.
[[nodiscard]] std::vector<std::string> fields_of(std::string_view record, char separator = ',');

}  // namespace leat
