#pragma once

#include <nlohmann/json.hpp>

#include "report/finished_run.h"

namespace leat::report {

/// Returns what identifies the data of a run, for the page (`RunSources` in viewer/page/src/results_data.ts): for each resource that uses
/// files a fingerprint, and for the sources that draw their images the parameters that these follow from. Other sources are named.
[[nodiscard]] nlohmann::json sources_of(const FinishedRun& run);

/// Returns the outputs that nodes of `metric.saliency` read as their mask, by `phase.node`.
[[nodiscard]] nlohmann::json saliency_masks(const GraphDescription& graph);

}  // namespace leat::report
