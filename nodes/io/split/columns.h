#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leat {

/// Returns the names of a list's columns without white space around them; names with a meaning, such as `Label`, in lower case. Throws
/// Refusal at `path` if two columns have the same name, or if there are both `class` and `label`, which mean the same.
[[nodiscard]] std::vector<std::string> read_columns(const std::vector<std::string>& header, const std::string& list_name);

/// Returns the column that `name` means: the column of that name, else the only one that differs from it in case only; empty: there is
/// none.
[[nodiscard]] std::string column_named(const std::vector<std::string>& columns, std::string_view name);

/// Returns a sentence on columns that probably have another name in Leat; empty: there are none. Examples are `diagnosis` if there is no
/// `class`, `patient_id` if there is no `patient`, and `fold` if there is no `split`.
[[nodiscard]] std::string doubtful_columns(const std::vector<std::string>& columns, const std::string& list_name, bool asks_for_patients);

/// Returns the columns in words: "`image`, `a` and `b`".
[[nodiscard]] std::string column_text(const std::vector<std::string>& columns);

}  // namespace leat
