#include "manual/merged_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "leat/program_summary.h"
#include "leat/wording.h"

namespace leat {

namespace {

using nlohmann::json;

const std::string& name_of(const ProgramPhase& phase, int node) { return phase.nodes[static_cast<std::size_t>(node)].name; }

}  // namespace

json merged_passes_json(const ProgramPhase& phase) {
  json out = json::array();
  for (const MergedPass& pass : phase.merged_passes) {
    json names = json::array();
    for (const int node : pass.nodes) names.push_back(name_of(phase, node));
    out.push_back(std::move(names));
  }
  return out;
}

json lone_passes_json(const ProgramPhase& phase) {
  json out = json::array();
  for (const LonePass& pass : phase.lone_passes) out.push_back({{"node", name_of(phase, pass.node)}, {"why", pass.why}});
  return out;
}

std::string merged_passes_text(const Program& program, const ProgramPhase& phase) {
  if (!program.settings.merges_passes || phase.kind != PhaseKind::Train) return {};
  std::string out;
  for (const MergedPass& pass : phase.merged_passes) {
    std::vector<std::string> names;
    for (const int node : pass.nodes) names.push_back("`" + name_of(phase, node) + "`");
    out += "  one pass (" + phase.nodes[static_cast<std::size_t>(pass.nodes.front())].type->id + "): " + joined(names) + "\n";
  }
  for (const LonePass& pass : phase.lone_passes) out += "  not merged: `" + name_of(phase, pass.node) + "`: " + pass.why + "\n";
  return out.empty() ? out : "passes of a step, with --merge-passes:\n" + out;
}

std::string no_merged_passes_note(const Program& program) {
  if (!program.settings.merges_passes) return {};
  const auto has_some = [](const ProgramPhase& phase) { return !phase.merged_passes.empty(); };
  if (std::any_of(program.phases.begin(), program.phases.end(), has_some)) return {};
  return "--merge-passes changes nothing: no train phase has passes that can be merged; `leat check --merge-passes` says why";
}

}  // namespace leat
