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

}  // namespace leat
