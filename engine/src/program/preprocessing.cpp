#include "program/preprocessing.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leat::program {

namespace {

/// The only path from a source to a pass of a network.
struct Path {
  const ProgramPhase* phase = nullptr;
  const ProgramNode* reader = nullptr;
  std::vector<const ProgramNode*> nodes;  ///< In the order of the data, without source and reader.
  std::vector<const Port*> ports;         ///< The outputs that the nodes and the reader read.
};

/// Returns the only connection of a node's inputs; null if there are none or several.
const Feed* only_feed(const ProgramNode& node) {
  const Feed* out = nullptr;
  for (const BoundInput& input : node.inputs)
    for (const Feed& feed : input.feeds) {
      if (out) return nullptr;
      out = &feed;
    }
  return out;
}

/// Returns true if the node is a pass of a network: gradients can flow through it.
bool is_pass(const ProgramNode& node) {
  const std::vector<Port*>& outputs = node.node->outputs();
  return std::any_of(outputs.begin(), outputs.end(), [](const Port* port) { return port->is(PortFlags::Differentiable); });
}

std::optional<Path> only_path(const ProgramPhase& phase, const ProgramNode& reader) {
  Path out{&phase, &reader, {}, {}};
  const ProgramNode* node = &reader;
  while (!node->source) {
    const Feed* feed = only_feed(*node);
    if (!feed) return {};
    const Wire& wire = phase.wires[static_cast<std::size_t>(feed->wire)];
    node = &phase.nodes[static_cast<std::size_t>(wire.node)];
    out.ports.insert(out.ports.begin(), wire.port);
    if (is_pass(*node)) return {};
    if (!node->source) out.nodes.insert(out.nodes.begin(), node);
  }
  return out;
}

bool uses(const ProgramNode& node, int resource) {
  return std::any_of(node.resources.begin(), node.resources.end(), [resource](const auto& use) { return use.first == resource; });
}

/// Returns the paths of a phase to nodes of a type that use a resource; nullopt if there is none to one of them.
std::optional<std::vector<Path>> paths_to(const ProgramPhase& phase, const NodeType* type, int resource) {
  std::vector<Path> out;
  for (const ProgramNode& node : phase.nodes) {
    if (node.type != type || !uses(node, resource)) continue;
    std::optional<Path> path = only_path(phase, node);
    if (!path) return {};
    out.push_back(std::move(*path));
  }
  return out;
}

/// Removes the nodes that one path needs and the other does not, because its source gives decoded values. Returns false if the paths begin
/// with unrelated values.
bool align_begins(Path& a, Path& b) {
  const auto begin_like = [](Path& longer, const Path& other) {
    const auto is_same = [&other](const Port* port) { return port->type().name == other.ports.front()->type().name; };
    const auto found = std::find_if(longer.ports.begin(), longer.ports.end(), is_same);
    if (found == longer.ports.end()) return false;
    const auto count = found - longer.ports.begin();
    longer.ports.erase(longer.ports.begin(), found);
    longer.nodes.erase(longer.nodes.begin(), longer.nodes.begin() + count);
    return true;
  };
  return begin_like(a, b) || begin_like(b, a);
}

struct Difference {
  std::string words;
  const ProgramNode* here = nullptr;   ///< Null if the other phase has a node that this one lacks.
  const ProgramNode* there = nullptr;  ///< Null likewise.
};

std::string ticked(std::string_view name) { return "`" + std::string(name) + "`"; }

std::string typed(const ProgramNode& node) { return ticked(node.name) + " (" + std::string(node.type->id) + ")"; }

/// Appends the parameters in which two nodes of one type differ.
void compare_params(const ProgramNode& here, const ProgramNode& there, const std::string& other, std::vector<Difference>& out) {
  const std::vector<ParamPort*>&mine = here.node->params(), &others = there.node->params();
  for (std::size_t k = 0; k < std::min(mine.size(), others.size()); ++k)
    if (const std::string a = mine[k]->value_text(), b = others[k]->value_text(); a != b)
      out.push_back({ticked(mine[k]->name()) + " of " + ticked(here.name) + " is " + a + ", but " + b + " in " + other, &here, &there});
}

/// Returns how the nodes of two paths differ, in the order of the data. Nodes of one type at the same position are compared; the longest
/// sequence of types that both paths have defines the positions.
std::vector<Difference> differences(const Path& here, const Path& there) {
  const std::vector<const ProgramNode*>&a = here.nodes, &b = there.nodes;
  std::vector<std::vector<int>> common(a.size() + 1, std::vector<int>(b.size() + 1, 0));
  for (std::size_t i = a.size(); i-- > 0;)
    for (std::size_t j = b.size(); j-- > 0;)
      common[i][j] = a[i]->type == b[j]->type ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
  const std::string mine = ticked(here.phase->name), other = ticked(there.phase->name);
  std::vector<Difference> out;
  for (std::size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    if (i < a.size() && j < b.size() && a[i]->type == b[j]->type) {
      compare_params(*a[i++], *b[j++], other, out);
    } else if (j == b.size() || (i < a.size() && common[i + 1][j] >= common[i][j + 1])) {
      out.push_back({mine + " passes it through " + typed(*a[i]) + ", but " + other + " does not", a[i], nullptr});
      ++i;
    } else {
      out.push_back({other + " passes it through " + typed(*b[j]) + ", but " + mine + " does not", nullptr, b[j]});
      ++j;
    }
  }
  return out;
}

/// Returns true if two paths of equal nodes pass through other ports, or use other resources. What they do is then unknown.
bool is_unclear(const Path& here, const Path& there) {
  if (here.nodes.size() != there.nodes.size()) return false;
  for (std::size_t k = 0; k < here.ports.size(); ++k)
    if (here.ports[k]->name() != there.ports[k]->name() && k > 0) return true;
  for (std::size_t k = 0; k < here.nodes.size(); ++k)
    if (here.nodes[k]->resources != there.nodes[k]->resources) return true;
  return false;
}

/// Returns how two paths differ; nullopt if that is unclear.
std::optional<std::vector<Difference>> compared(Path here, Path there) {
  if (!align_begins(here, there) || is_unclear(here, there)) return {};
  return differences(here, there);
}

bool is_evaluation(const ProgramPhase& phase) { return phase.kind == PhaseKind::Validate || phase.kind == PhaseKind::Test; }

/// Compares the path to one node of a predict phase with the paths of all phases that evaluate. Returns true if it has warned.
bool compare(const Program& program, const ProgramPhase& phase, const ProgramNode& reader, int resource, Diagnostics& diagnostics) {
  const auto mine = paths_to(phase, reader.type, resource);
  if (!mine || mine->size() != 1) return false;
  std::vector<Path> others;
  for (const ProgramPhase& one : program.phases) {
    if (!is_evaluation(one)) continue;
    const auto paths = paths_to(one, reader.type, resource);
    if (!paths) return false;
    others.insert(others.end(), paths->begin(), paths->end());
  }
  if (others.empty()) return false;
  std::vector<Difference> found;
  for (const Path& other : others) {
    const auto among_others = compared(others.front(), other), with_mine = compared(mine->front(), other);
    if (!among_others || !among_others->empty() || !with_mine || with_mine->empty()) return false;
    if (found.empty()) found = *with_mine;
  }
  const ProgramPhase& evaluated = *others.front().phase;
  std::string words;
  for (const Difference& one : found) words += (words.empty() ? "" : "; ") + one.words;
  const ProgramNode& here = found.front().here ? *found.front().here : reader;
  const ProgramNode& there = found.front().there ? *found.front().there : *others.front().reader;
  diagnostics
      .warning("predict.input", here.place,
               ticked(phase.name) + " prepares the input of " + ticked(program.resources[static_cast<std::size_t>(resource)].name) +
                   " in another way than " + ticked(evaluated.name) + ", which evaluates it: " + words,
               "its results can be worse than the evaluation says; use the same nodes and parameters in both phases")
      .notes.push_back({there.place, ticked(there.name) + " of " + ticked(evaluated.name) + " is declared here"});
  return true;
}

}  // namespace

void check_preprocessing(const Program& program, Diagnostics& diagnostics) {
  for (const ProgramPhase& phase : program.phases) {
    if (phase.kind != PhaseKind::Predict) continue;
    std::vector<int> told;
    for (const int index : phase.order) {
      const ProgramNode& node = phase.nodes[static_cast<std::size_t>(index)];
      if (!is_pass(node)) continue;
      for (const auto& [resource, access] : node.resources)
        if (std::find(told.begin(), told.end(), resource) == told.end() && compare(program, phase, node, resource, diagnostics))
          told.push_back(resource);
    }
  }
}

}  // namespace leat::program
