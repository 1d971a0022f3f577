#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "leat/csv.h"

namespace leat {

/// The table in a list's file, and how the file is written.
struct ListText {
  CsvTable table;      ///< Fields are UTF-8, or bytes that `from_windows_1252` can read.
  char separator = 0;  ///< 0: the list has one column, or a file per line.
  bool is_utf16 = false;
};

/// Reads a list: a table (.csv, .tsv) with a header, or one file per line (.txt), as the column `image`. The text is UTF-8 or UTF-16, with
/// or without a mark at its begin. The separator is the one of `,`, `;` and tabs that the header has most. Throws Refusal at `path`.
[[nodiscard]] ListText read_list_text(const std::filesystem::path& list);

/// Returns the separator that a table's header has most outside of quotes; 0 if it has none. Throws std::runtime_error if two are as
/// frequent, or if the line is no header that a list can have: a note for a spreadsheet, or a comment.
[[nodiscard]] char separator_in(std::string_view header);

/// Returns the UTF-8 of a text in Windows-1252. Returns an empty text if it has a byte that the encoding does not have.
[[nodiscard]] std::string from_windows_1252(std::string_view text);

}  // namespace leat
