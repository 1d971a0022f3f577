#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leat {

/// The columns of a list by Leat's names, and what was recognised by another name.
struct ListColumns {
  std::vector<std::string> names;  ///< Without white space around them. Columns with a meaning have Leat's name, such as `image`.
  std::vector<std::string> taken;  ///< Phrases such as "`Diagnose` is the class".
};

/// Returns the columns of a header. A column has a meaning if the parameter `columns` chooses it (`image=Dateiname`; an empty name: no
/// column), else if it has Leat's name for it in any case, else if its name is one of those in use elsewhere, such as `filename` or
/// `Patient ID`. Throws Refusal at `columns` if two columns can have one meaning, and at `path` if two have the same name.
[[nodiscard]] ListColumns read_columns(const std::vector<std::string>& header, const std::string& list_name,
                                       const std::vector<std::string>& chosen);

/// Returns the column whose names can be those in the headers of images, such as `SOPInstanceUID`, `AccessionNumber` or `patient`: the one
/// that stands for the fewest images. Nullopt: there is none.
[[nodiscard]] std::optional<std::size_t> identity_column(const std::vector<std::string>& columns);

/// Returns true if Leat uses a column of this name whatever the parameters are.
[[nodiscard]] bool has_meaning(std::string_view column);

/// Returns true if a column of this name may be the patient: one of its words is `pat` or `mrn`, or begins with `patient`, `subject` or
/// `person`, and none is a property such as `age`.
[[nodiscard]] bool may_be_patient(const std::string& column);

/// Returns the column that `name` means: the column of that name, else the only one that differs from it in case only; empty: there is
/// none.
[[nodiscard]] std::string column_named(const std::vector<std::string>& columns, std::string_view name);

/// Returns the columns in words: "`image`, `a` and `b`".
[[nodiscard]] std::string column_text(const std::vector<std::string>& columns);

}  // namespace leat
