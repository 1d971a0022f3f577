#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leat {

/// A list's columns as they are read: without white space around them, and `Label` as `label` where a column of that name has a meaning.
/// Throws Refusal at `path` for two of one name, and for `class` beside `label`, which are one thing.
[[nodiscard]] std::vector<std::string> read_columns(const std::vector<std::string>& header, const std::string& list_name);

/// Of the column that a name means, the name: the column of that name, else the only one that differs from it in upper and lower case only;
/// empty: there is none.
[[nodiscard]] std::string column_named(const std::vector<std::string>& columns, std::string_view name);

/// What a list's columns leave to guess: `diagnosis` where there is no `class`, `patient_id` where there is no `patient`, `fold` where
/// there is no `split`. A sentence, or empty.
[[nodiscard]] std::string doubtful_columns(const std::vector<std::string>& columns, const std::string& list_name, bool asks_for_patients);

/// Without white space around it.
[[nodiscard]] std::string trimmed(std::string text);

/// "`image`, `a` and `b`"
[[nodiscard]] std::string column_text(const std::vector<std::string>& columns);

}  // namespace leat
