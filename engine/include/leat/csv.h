#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leat {

/// The contents of a CSV file (RFC 4180: commas, quoted fields with doubled quotes). Lines end with CRLF, LF or CR. The first row is the
/// header.
struct CsvTable {
  struct Row {
    std::vector<std::string> fields;  ///< The same number as in the header.
    int line = 0;                     ///< Line where the row begins, from 1.
  };
  std::vector<std::string> header;
  std::vector<Row> rows;

  [[nodiscard]] int find_column(std::string_view name) const;  ///< Returns -1 if there is none.
};

/// Reads a table whose fields are separated by commas, or by another character; skips empty lines. Throws std::runtime_error that names the
/// line, or says that the text is UTF-16 or no text.
[[nodiscard]] CsvTable read_csv(std::string_view text, char separator = ',');
/// Reads a text with one field per line, as a table of one column called `header`. Quotes and commas have no meaning. White space at the
/// end of a line is dropped, and empty lines are skipped. Throws like `read_csv` if the text is UTF-16 or no text.
[[nodiscard]] CsvTable read_lines(std::string_view text, std::string_view header);
/// Returns the position of the first byte that is not UTF-8, as in file names from an older Windows; npos if there is none.
[[nodiscard]] std::size_t find_not_utf8(std::string_view text);

/// Returns a field as it is written in a CSV file, in quotes if necessary.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace leat
