#pragma once

#include <string>
#include <vector>

#include "io/split/entry.h"

namespace leat {

/// Returns the columns whose fields are all findings, as `finding_in` reads them, and not all of which are unknown.
[[nodiscard]] std::vector<std::string> finding_columns(const SplitEntries& all);

/// Sets the labels of each entry from columns of findings: those of `wanted`, else all, in the list's order. Returns their names; none if
/// the list has no such column. Adds findings that no image has to `absent`. Throws Refusal at `classes` if a wanted column has other
/// fields.
[[nodiscard]] std::vector<std::string> read_findings(SplitEntries& all, const std::vector<std::string>& wanted,
                                                     std::vector<std::string>& absent);

}  // namespace leat
