#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "leat/image_table.h"

namespace leat {

/// Returns the text of `images/PHASE.NODE.json`, the file next to a table of images. It states how metrics are computed from the columns.
[[nodiscard]] std::string image_metrics_text(const std::vector<ImageMetric>& metrics);
/// Parses such a text. Throws std::runtime_error if it is not such a text or is of another version.
[[nodiscard]] std::vector<ImageMetric> read_image_metrics(std::string_view text);
/// Returns the class whose recall is the metric `sensitivity`; empty if there is no such metric, or if it is defined otherwise.
[[nodiscard]] std::string positive_class(const std::vector<ImageMetric>& metrics);

}  // namespace leat
