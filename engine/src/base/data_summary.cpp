#include "leat/data_summary.h"

#include <algorithm>

namespace leat {

std::string data_summary_text(const std::string& name, const DataSummary& summary) {
  if (summary.surprises.empty() && summary.facts.empty()) return {};
  std::string out = "data `" + name + "`\n";
  for (const std::string& sentence : summary.surprises) out += "  ! " + sentence + "\n";
  std::size_t width = 0;
  for (const auto& [what, found] : summary.facts) width = std::max(width, what.size());
  const std::string* before = nullptr;
  for (const auto& [what, found] : summary.facts) {
    // Several facts of one noun have it once.
    const std::string heading = before && *before == what ? "" : what;
    out += "  " + heading + std::string(width - heading.size() + 2, ' ') + found + "\n";
    before = &what;
  }
  return out;
}

}  // namespace leat
