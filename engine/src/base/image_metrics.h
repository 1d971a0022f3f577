#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "leat/image_table.h"

namespace leat {

/// The file beside a table of images, `images/PHASE.NODE.json`: which metrics follow from the table's columns, and how.
[[nodiscard]] std::string image_metrics_text(const std::vector<ImageMetric>& metrics);
/// Throws std::runtime_error where the text is no such file, or one of a later version.
[[nodiscard]] std::vector<ImageMetric> read_image_metrics(std::string_view text);

}  // namespace leat
