#include "manual/data_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "leat/data_summary.h"
#include "leat/program_summary.h"

namespace leat {

namespace {

/// Returns the resources in the order in which their phases matter: for training, for validation and tests, for predictions.
std::vector<const ProgramResource*> by_use(const Program& program) {
  std::vector<std::pair<int, const ProgramResource*>> ranked;
  for (const ProgramResource& one : program.resources) ranked.emplace_back(3, &one);
  for (const ProgramPhase& phase : program.phases)
    for (const ProgramNode& node : phase.nodes)
      for (const auto& [resource, access] : node.resources) {
        int& rank = ranked[static_cast<std::size_t>(resource)].first;
        rank = std::min(rank, phase.kind == PhaseKind::Train ? 0 : phase.kind == PhaseKind::Predict ? 2 : 1);
      }
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<const ProgramResource*> out;
  for (const auto& [rank, resource] : ranked) out.push_back(resource);
  return out;
}

}  // namespace

std::string data_text(const Program& program) {
  std::string out;
  for (const ProgramResource* resource : by_use(program)) {
    const ProgramResource& one = *resource;
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
