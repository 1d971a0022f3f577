#pragma once

#include <string_view>
#include <vector>

#include "leat/metric.h"

namespace leat {

/// The metric that a node declares under this name: the one that is called so, else of those with braces in their names the one with the
/// longest text beside them. Null: it declares none.
[[nodiscard]] const Metric* find_declared(const std::vector<const Metric*>& all, std::string_view name);

}  // namespace leat
