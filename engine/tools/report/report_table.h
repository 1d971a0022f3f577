#pragma once

#include <string>
#include <vector>

namespace leat::report {

/// A value in words, and its interval; empty: there is none.
struct ReportCell {
  std::string figure;
  std::string interval;
};

/// Rows of values under headings of two lines. Adjacent equal upper headings are merged.
struct ReportTable {
  struct Column {
    std::string upper;
    std::string lower;
  };
  struct Row {
    std::string label;
    std::vector<ReportCell> cells;  ///< One per column.
  };
  std::string corner;
  std::vector<Column> columns;
  std::vector<Row> rows;
  bool has_intervals_below = false;  ///< In text: intervals are below their values, not next to them.

  /// Returns aligned text, in blocks of columns that fit into `width` characters.
  [[nodiscard]] std::string text(std::size_t width = 110) const;
  [[nodiscard]] std::string markdown() const;
};

/// Returns the words in lines of at most `width` characters; lines after the first are indented.
[[nodiscard]] std::string wrapped(const std::string& words, std::size_t width = 110);

}  // namespace leat::report
