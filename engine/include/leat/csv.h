#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leat {

/// A table as a CSV file holds it (RFC 4180: commas, quoted fields with doubled quotes, CRLF or LF), its first row apart.
struct CsvTable {
  struct Row {
    std::vector<std::string> fields;  ///< As many as the header has.
    int line = 0;                     ///< Where the row begins, from 1.
  };
  std::vector<std::string> header;
  std::vector<Row> rows;

  [[nodiscard]] int find_column(std::string_view name) const;  ///< -1: none of that name.
};

/// Reads a table; empty lines are no rows. Throws std::runtime_error that names the line.
[[nodiscard]] CsvTable read_csv(std::string_view text);

/// A field as a CSV file writes it: quoted where it has to be.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace leat
