#pragma once

#include <string>

#include "leat/comparison.h"

namespace leat {

/// Returns what the two sides are paired by: `Paired by image.`
[[nodiscard]] std::string comparison_pairing(const Comparison& comparison);
/// Returns what the mark `*` of metrics without `counts_patients` means; empty: they are not marked.
[[nodiscard]] std::string comparison_footnote(const Comparison& comparison);
/// Returns the method of the intervals, or why there are none.
[[nodiscard]] std::string comparison_method(const Comparison& comparison);
/// Returns a warning of intervals over very few patients; empty: there are none.
[[nodiscard]] std::string comparison_warning(const Comparison& comparison);
[[nodiscard]] std::string comparison_text(const Comparison& comparison);
[[nodiscard]] std::string comparison_json(const Comparison& comparison);

}  // namespace leat
