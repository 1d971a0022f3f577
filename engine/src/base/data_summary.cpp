#include "leat/data_summary.h"

#include <algorithm>

namespace leat {

std::string data_summary_text(const std::string& name, const DataSummary& summary) {
  if (summary.surprises.empty() && summary.facts.empty()) return {};
  std::string out = "data `" + name + "`\n";
  for (const std::string& sentence : summary.surprises) out += "  ! " + sentence + "\n";
  std::size_t width = 0;
  for (const auto& [what, found] : summary.facts) width = std::max(width, what.size());
  for (const auto& [what, found] : summary.facts) out += "  " + what + std::string(width - what.size() + 2, ' ') + found + "\n";
  return out;
}

}  // namespace leat
