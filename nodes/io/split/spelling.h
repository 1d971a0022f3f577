#pragma once

#include <string>
#include <utility>
#include <vector>

#include "leat/spelling.h"

namespace leat {

/// Returns two names that differ in case, blanks or Unicode form only, and what they differ in: "`Train` and `train`", "case only". Returns
/// empty strings if there are none.
[[nodiscard]] std::pair<std::string, std::string> similar_names(const std::vector<std::string>& names);

}  // namespace leat
