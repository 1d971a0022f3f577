#pragma once

#include <string>

#include "leat/program.h"
#include "leat/run.h"

namespace leat {

/// Returns metrics in aligned lines: the name, and the value with four digits; `-`: undefined.
[[nodiscard]] std::string metrics_text(const Metrics& metrics);
/// Returns the losses, the metrics of `keep` and the headline metrics of a phase, also those of single classes and structures; all metrics
/// if there are none of these.
[[nodiscard]] Metrics main_metrics(const Metrics& metrics, const Program& program, const std::string& phase);
/// Returns a sentence on what a run's cache held, and how often it was used; if not all images fit, also on how much room they need.
[[nodiscard]] std::string cache_text(const CacheUse& use, const ProgramCache& cache);

}  // namespace leat
