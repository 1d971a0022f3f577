#include "manual/data_text.h"

#include <nlohmann/json.hpp>
#include <string>

#include "leat/data_summary.h"
#include "leat/program_summary.h"

namespace leat {

std::string data_text(const Program& program) {
  std::string out;
  for (const ProgramResource& one : program.resources) {
    const auto* data = dynamic_cast<const SummarizesData*>(one.resource.get());
    const std::string text = data ? data_summary_text(one.name, data->data_summary()) : "";
    if (!text.empty()) out += text + "\n";
  }
  return out;
}

nlohmann::json found_json(const Program& program) {
  nlohmann::json out = nlohmann::json::array();
  for (const ProgramResource& one : program.resources) {
    const auto* data = dynamic_cast<const SummarizesData*>(one.resource.get());
    if (!data) continue;
    const DataSummary summary = data->data_summary();
    nlohmann::json facts = nlohmann::json::array();
    for (const auto& [what, found] : summary.facts) facts.push_back({{"what", what}, {"found", found}});
    out.push_back({{"data", one.name}, {"surprises", summary.surprises}, {"facts", facts}});
  }
  return out;
}

}  // namespace leat
