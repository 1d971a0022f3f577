#pragma once

#include <string>

#include "leat/program.h"
#include "leat/run.h"

namespace leat {

/// Returns metrics in aligned lines: the name, and the value with four digits.
[[nodiscard]] std::string metrics_text(const Metrics& metrics);
/// Returns a sentence on what a run's cache held, and how often it was used; if not all images fit, also on how much room they need.
[[nodiscard]] std::string cache_text(const CacheUse& use, const ProgramCache& cache);

}  // namespace leat
