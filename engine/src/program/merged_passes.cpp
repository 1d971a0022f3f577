#include "program/merged_passes.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "leat/merges_passes.h"
#include "program/configure.h"
#include "program/ranks.h"

namespace leat::program {

namespace {

/// What two nodes do not have in common, as clauses such as "`weights` is live, not ema".
using Differences = std::vector<std::string>;

class Merger {
 public:
  Merger(const PhaseText& text, const PhaseGraph& graph, ProgramPhase& phase)
      : text_(text), graph_(graph), phase_(phase), leader_(phase.nodes.size()) {
    std::iota(leader_.begin(), leader_.end(), 0);
  }

  void merge() {
    for (const int index : phase_.order)
      if (pass_of(index)) add(index);
    for (std::vector<int>& nodes : groups_) {
      if (nodes.size() < 2) continue;
      for (const int index : nodes) node(index).merged_pass = static_cast<int>(phase_.merged_passes.size());
      phase_.merged_passes.push_back({std::move(nodes)});
    }
    for (const int index : phase_.order)
      if (pass_of(index) && node(index).merged_pass < 0) phase_.lone_passes.push_back({index, why_alone(index)});
    reorder();
  }

 private:
  [[nodiscard]] ProgramNode& node(int index) const { return phase_.nodes[static_cast<std::size_t>(index)]; }
  /// Returns null for a node that runs no pass.
  [[nodiscard]] const RunsPass* pass_of(int index) const {
    return node(index).segment < 0 ? nullptr : dynamic_cast<const RunsPass*>(node(index).node.get());
  }

  /// Returns why no other node can be merged with this one; an empty text if some can.
  [[nodiscard]] std::string why_never(int index) const {
    if (std::string why = pass_of(index)->why_alone(); !why.empty()) return why;
    if (phase_.share.ranks > 1 && !computes_own_rows(phase_, node(index))) return "it sees the rows of all ranks";
    if (!dynamic_cast<const MergesPasses*>(node(index).node.get())) return "its type does not say how (`MergesPasses`)";
    for (const BoundInput& input : node(index).inputs)
      for (const Feed& feed : input.feeds) {
        const std::span<const Dim> dims = shape_of(feed);
        if (!std::all_of(dims.begin(), dims.end(), [](const Dim& dim) { return dim.is_known(); }))
          return "the shape of `" + std::string(input.port->name()) + "` is not known before the run";
      }
    return {};
  }

  /// Returns the dimensions of a fed value without that of its rows.
  [[nodiscard]] std::span<const Dim> shape_of(const Feed& feed) const {
    const Wire& wire = phase_.wires[static_cast<std::size_t>(feed.wire)];
    const std::span<const Dim> dims = wire.contract.dims;
    return dims.subspan(wire.grain == Grain::Step && !dims.empty() ? 1 : 0);
  }

  /// Adds the node to the first group that can take it, or to a new one.
  void add(int index) {
    if (!why_never(index).empty()) return;
    for (std::vector<int>& group : groups_) {
      if (!differences(index, group.front()).empty() || depends(index, group.front())) continue;
      group.push_back(index);
      leader_[static_cast<std::size_t>(index)] = group.front();
      return;
    }
    groups_.push_back({index});
  }

  /// Returns true if one of two leaders depends on the other, directly or through passes that are merged.
  [[nodiscard]] bool depends(int one, int other) const {
    const boost::adjacency_list<> paths = graph_.contracted(leader_).paths();
    const auto has_path = [&paths](int from, int to) {
      return boost::edge(static_cast<std::size_t>(from), static_cast<std::size_t>(to), paths).second;
    };
    return has_path(one, other) || has_path(other, one);
  }

  /// Returns the name of the resource that the node's text gives, or an empty text.
  [[nodiscard]] std::string resource_of(int index, const UsePort& use) const {
    const Tree* value = find_dotted(text_.nodes[static_cast<std::size_t>(index)].with, use.name());
    return value ? value->scalar : std::string();
  }

  /// Returns what distinguishes two nodes of one type.
  [[nodiscard]] Differences differences(int one, int other) const {
    const ProgramNode &a = node(one), &b = node(other);
    if (a.type != b.type) return {"they are of different types"};
    Differences out;
    for (std::size_t k = 0; k < a.node->uses().size(); ++k) {
      const UsePort& use = *a.node->uses()[k];
      if (const std::string of_a = resource_of(one, use), of_b = resource_of(other, use); of_a != of_b)
        out.push_back(differs(use.name(), of_a, of_b));
    }
    for (std::size_t k = 0; k < a.node->params().size(); ++k) {
      const std::string of_a = a.node->params()[k]->value_text(), of_b = b.node->params()[k]->value_text();
      if (of_a != of_b) out.push_back(differs(a.node->params()[k]->name(), of_a, of_b));
    }
    for (std::size_t k = 0; k < a.inputs.size(); ++k)
      if (const std::string of_a = inputs_text(a.inputs[k]), of_b = inputs_text(b.inputs[k]); of_a != of_b)
        out.push_back(differs(a.inputs[k].port->name(), of_a, of_b));
    if (a.segment != b.segment) out.emplace_back("a value goes to the cpu lane and comes back between them");
    return out;
  }

  [[nodiscard]] static std::string differs(std::string_view what, const std::string& one, const std::string& other) {
    return "`" + std::string(what) + "` is " + (one.empty() ? "none" : one) + ", not " + (other.empty() ? "none" : other);
  }

  /// Returns what an input is connected to: for each value, its shape without the rows.
  [[nodiscard]] std::string inputs_text(const BoundInput& input) const {
    std::string out;
    for (const Feed& feed : input.feeds) {
      const Wire& wire = phase_.wires[static_cast<std::size_t>(feed.wire)];
      out += (out.empty() ? "" : ", ") + feed.member + (wire.grain == Grain::Step ? "rows" : "values");
      for (const Dim& dim : shape_of(feed)) out += " x " + std::to_string(dim.size);
      if (wire.contract.is_open) out += " x ...";
    }
    return out;
  }

  /// Returns why a node that could be merged is alone: how it differs from the node that is most like it.
  [[nodiscard]] std::string why_alone(int index) const {
    if (std::string why = why_never(index); !why.empty()) return why;
    std::map<std::size_t, std::string> by_count;
    for (const int other : phase_.order) {
      if (other == index || node(other).type != node(index).type || !why_never(other).empty()) continue;
      const Differences found = differences(index, other);
      std::string text = "as `" + node(other).name + "` depends on it, or it on `" + node(other).name + "`, perhaps through merged passes";
      if (!found.empty()) text = "unlike in `" + node(other).name + "`, " + found.front();
      for (std::size_t k = 1; k < found.size(); ++k) text += ", and " + found[k];
      by_count.try_emplace(found.size(), std::move(text));
    }
    if (by_count.empty()) return "`" + phase_.name + "` has no other " + node(index).type->id + " that can be merged";
    return by_count.begin()->second;
  }

  /// Puts the nodes of each merged pass one after another.
  void reorder() {
    const std::optional<std::vector<int>> order = graph_.contracted(leader_).order();
    std::vector<int> whole;
    for (const int index : *order) {
      if (leader_[static_cast<std::size_t>(index)] != index) continue;
      const int pass = node(index).merged_pass;
      if (pass < 0) whole.push_back(index);
      else
        for (const int one : phase_.merged_passes[static_cast<std::size_t>(pass)].nodes) whole.push_back(one);
    }
    phase_.order = std::move(whole);
    for (Segment& segment : phase_.segments) segment.nodes.clear();
    for (const int index : phase_.order)
      if (node(index).segment >= 0) phase_.segments[static_cast<std::size_t>(node(index).segment)].nodes.push_back(index);
  }

  const PhaseText& text_;
  const PhaseGraph& graph_;
  ProgramPhase& phase_;
  std::vector<std::vector<int>> groups_;  ///< The first node of each leads it.
  std::vector<int> leader_;               ///< Indexed by node: the leader of its group, or itself.
};

}  // namespace

void merge_passes(const PhaseText& text, const PhaseGraph& graph, ProgramPhase& phase) { Merger(text, graph, phase).merge(); }

}  // namespace leat::program
