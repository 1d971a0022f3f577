#pragma once

#include <string>
#include <vector>

namespace leat::report {

/// A figure in words, and its interval where it has one.
struct ReportCell {
  std::string figure;
  std::string interval;
};

/// Rows of figures under headings of two lines; equal upper headings side by side are one.
struct ReportTable {
  struct Column {
    std::string upper;
    std::string lower;
  };
  struct Row {
    std::string label;
    std::vector<ReportCell> cells;  ///< One a column.
  };
  std::string corner;
  std::vector<Column> columns;
  std::vector<Row> rows;
  bool has_intervals_below = false;  ///< In text: below their figures, not beside them.

  /// Aligned, in blocks of columns that fit into so many characters.
  [[nodiscard]] std::string text(std::size_t width = 110) const;
  [[nodiscard]] std::string markdown() const;
};

/// Words in lines of at most so many characters, those after the first indented.
[[nodiscard]] std::string wrapped(const std::string& words, std::size_t width = 110);

}  // namespace leat::report
