#include "leat/metrics_text.h"

#include <cstdio>

#include "base/text_table.h"

namespace leat {

std::string metrics_text(const Metrics& metrics) {
  std::vector<TextRow> rows;
  for (const auto& [name, value] : metrics) {
    char number[32];
    std::snprintf(number, sizeof number, "%.4g", value);
    rows.push_back({name, number});
  }
  return text_table(rows);
}

std::string cache_text(const CacheUse& use) {
  std::string out = "the cache held " + std::to_string(use.values) + (use.values == 1 ? " image (" : " images (") + size_words(use.bytes) +
                    " in memory" + (use.file_bytes > 0 ? ", " + size_words(use.file_bytes) + " in its file" : "") + "); " +
                    std::to_string(use.found) + " of " + std::to_string(use.found + use.missed) + " images were taken from it";
  if (use.left_out > 0)
    out += "; " + std::to_string(use.left_out) + (use.left_out == 1 ? " time" : " times") + " there was no room for one";
  return out;
}

}  // namespace leat
