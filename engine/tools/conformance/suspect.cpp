#include "conformance/suspect.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace leat::conformance {

namespace {

/// Returns the components that change a resource: first resources that the changing nodes name, such as an optimizer, then these nodes.
void add_changers(const Program& program, int changed, bool is_read, std::vector<Suspect>& suspects) {
  const std::string& name = program.resources[static_cast<std::size_t>(changed)].name;
  const auto how = [&](const std::string& changer) {
    return is_read ? ", because it reads `" + name + "`, which `" + changer + "` changes" : ", which `" + changer + "` changes";
  };
  std::vector<Suspect> nodes;
  for (const ProgramPhase& phase : program.phases)
    for (const ProgramNode& node : phase.nodes) {
      const std::pair change{changed, UsePort::Access::Write};
      if (std::find(node.resources.begin(), node.resources.end(), change) == node.resources.end()) continue;
      for (const auto& [index, access] : node.resources) {
        const ProgramResource& one = program.resources[static_cast<std::size_t>(index)];
        if (std::find(one.uses.begin(), one.uses.end(), change) != one.uses.end()) suspects.push_back({one.type->id, how(one.name)});
      }
      nodes.push_back({node.type->id, how(node.name)});
    }
  suspects.insert(suspects.end(), nodes.begin(), nodes.end());
}

/// Returns true if a node changes the resource.
bool is_changed(const Program& program, int resource) {
  const std::pair change{resource, UsePort::Access::Write};
  for (const ProgramPhase& phase : program.phases)
    for (const ProgramNode& node : phase.nodes)
      if (std::find(node.resources.begin(), node.resources.end(), change) != node.resources.end()) return true;
  return false;
}

}  // namespace

Suspect suspect_of(const Program& program, const Outcome& whole, const Outcome::Difference& difference, std::int64_t first,
                   const std::set<std::string>& types) {
  std::vector<int> read;
  for (const ProgramPhase& phase : program.phases)
    if (const int node = phase.name == difference.phase ? phase.find(difference.name) : -1; node >= 0)
      for (const auto& [resource, access] : phase.nodes[static_cast<std::size_t>(node)].resources) read.push_back(resource);
  const bool is_node = !difference.phase.empty();
  for (std::size_t k = 0; k < program.resources.size() && !is_node; ++k)
    if (program.resources[k].name == difference.name) read.push_back(static_cast<int>(k));
  std::vector<Suspect> suspects;
  for (const int resource : read) {
    const ProgramResource& one = program.resources[static_cast<std::size_t>(resource)];
    if (whole.saves_nothing(one.name) && is_changed(program, resource))
      suspects.push_back({one.type->id, is_node ? ", because it reads `" + one.name + "`, which saves nothing" : ", which saves nothing"});
  }
  if (!is_node || difference.step > first)
    for (const int resource : read) add_changers(program, resource, is_node, suspects);
  else suspects.push_back({difference.type, {}});
  for (const int resource : read) {
    const ProgramResource& one = program.resources[static_cast<std::size_t>(resource)];
    suspects.push_back({one.type->id, is_node ? ", because it reads `" + one.name + "`" : std::string()});
  }
  suspects.push_back({difference.type, {}});
  const auto looked_at = std::find_if(suspects.begin(), suspects.end(), [&types](const Suspect& one) { return types.contains(one.type); });
  return looked_at == suspects.end() ? suspects.front() : *looked_at;
}

}  // namespace leat::conformance
