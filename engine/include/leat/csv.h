#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leat {

/// A table as a CSV file holds it (RFC 4180: commas, quoted fields with doubled quotes; lines end with CRLF, LF or CR), its first row
/// apart.
struct CsvTable {
  struct Row {
    std::vector<std::string> fields;  ///< As many as the header has.
    int line = 0;                     ///< Where the row begins, from 1.
  };
  std::vector<std::string> header;
  std::vector<Row> rows;

  [[nodiscard]] int find_column(std::string_view name) const;  ///< -1: none of that name.
};

/// Reads a table; empty lines are no rows. Throws std::runtime_error that names the line, or says that the text is UTF-16.
[[nodiscard]] CsvTable read_csv(std::string_view text);
/// Reads a text of a field a line as a table of one column, called `header`: no quotes, no commas; white space at a line's end is no part
/// of it. Throws as `read_csv`.
[[nodiscard]] CsvTable read_lines(std::string_view text, std::string_view header);
/// Where the first byte is that is not UTF-8, as names that an older Windows wrote have them; npos: there is none.
[[nodiscard]] std::size_t find_not_utf8(std::string_view text);

/// A field as a CSV file writes it: quoted where it has to be.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace leat
