#include "program/ranks.h"

#include <algorithm>
#include <set>
#include <string>

#include "program/resources.h"

namespace leat::program {

namespace {

class RankCheck {
 public:
  RankCheck(Program& program, ProgramPhase& phase, const PhaseKnown& known, Diagnostics& diagnostics)
      : program_(program), phase_(phase), known_(known), diagnostics_(diagnostics) {}

  void find() {
    for (ProgramNode& node : phase_.nodes)
      if (node.node && node.lane == LaneKind::Device) node.sees_all_ranks = !computes_own_rows(node);
    for (std::size_t k = 0; k < phase_.nodes.size(); ++k) {
      const ProgramNode& node = phase_.nodes[k];
      if (!node.node || !known_.nodes[k].is_whole) continue;
      if (node.lane == LaneKind::Cpu) check_on_cpu(node);
      else if (node.sees_all_ranks) check_all_rows(node);
      else check_own_rows(node);
    }
    if (phase_.segments.empty() && known_.has_all_edges())
      diagnostics_.error("node.refused", phase_.place, "`" + phase_.name + "` has no node on the device lane, where ranks exchange rows",
                         "train it with one process");
  }

 private:
  [[nodiscard]] const Wire& wire(int index) const { return phase_.wires[static_cast<std::size_t>(index)]; }
  [[nodiscard]] const ProgramNode& node(int index) const { return phase_.nodes[static_cast<std::size_t>(index)]; }

  /// A state, a metric, or a value without rows is one of all samples of the step.
  [[nodiscard]] bool computes_own_rows(const ProgramNode& node) const {
    if (node.node->rows_of_ranks() == RowsOfRanks::OwnAddedUp) return true;
    return node.node->rows_of_ranks() == RowsOfRanks::Own && node.node->states().empty() && node.node->metrics().empty() &&
           std::all_of(node.wires.begin(), node.wires.end(), [this](int one) { return wire(one).origin >= 0; });
  }

  void refuse(const Place& place, const std::string& text, const std::string& hint = {}) {
    diagnostics_.error("node.refused", place, text, hint);
  }

  void check_on_cpu(const ProgramNode& node) {
    const std::string name = "`" + node.name + "` (" + node.type->id + ")";
    if (!node.node->states().empty()) {
      if (node.node->may_see_a_part())
        add_disclosure(program_, "`" + node.name + "` in `" + phase_.name + "` describes the samples of rank 0 of " +
                                     std::to_string(phase_.share.ranks) + " ranks");
      else
        refuse(node.place, name + " has a state over all samples of the training, but each rank has a part of them",
               "remove it from `" + phase_.name + "`, or train with one process");
    } else if (!node.node->metrics().empty()) {
      refuse(node.place, name + " measures on the cpu lane, where each rank has a part of the samples",
             "remove it from `" + phase_.name + "`, or train with one process");
    } else if (node.grain == Grain::Step && node.node->rows_of_ranks() != RowsOfRanks::Own) {
      refuse(node.place, name + " takes all samples of a step on the cpu lane, where each rank has a part of them",
             "run it on the device lane, or train with one process");
    }
  }

  /// Refuses a node whose gradient would count once for each rank.
  void check_all_rows(const ProgramNode& node) {
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds) check_exchange(node, feed);
    for (const int one : node.wires)
      if (wire(one).grain == Grain::Slot && !wire(one).readers.empty())
        refuse(node.place, "`" + node.name + "` (" + node.type->id + ") gives single samples from the rows of all ranks",
               "train it with one process");
    const bool gives_gradient =
        std::any_of(node.wires.begin(), node.wires.end(), [this](int one) { return wire(one).port->is(differentiable); });
    if (!gives_gradient) return;
    const std::set<int> trained = trained_resources();
    for (const auto& [resource, access] : node.resources)
      if (trained.contains(resource))
        return refuse(node.place,
                      "`" + node.name + "` (" + node.type->id + ") uses `" + program_.resources[static_cast<std::size_t>(resource)].name +
                          "`, which is trained, and does not say that its rows are independent (`Node::rows_of_ranks`): each "
                          "rank would compute all rows, and count their gradient again",
                      "train it with one process");
  }

  /// Returns the resources that the phase changes.
  [[nodiscard]] std::set<int> trained_resources() const {
    std::set<int> out;
    for (const ProgramNode& one : phase_.nodes)
      for (const auto& [resource, access] : one.resources)
        if (access == UsePort::Access::Write) out.insert(resource);
    return out;
  }

  /// Refuses values that ranks cannot exchange.
  void check_exchange(const ProgramNode& node, const Feed& feed) {
    const Wire& read = wire(feed.wire);
    if (read.origin < 0 || (node.segment >= 0 && this->node(read.node).segment == node.segment && this->node(read.node).sees_all_ranks))
      return;
    const ValueType& type = read.port->type();
    if (read.grain == Grain::Slot ? type.pack != nullptr : type.pack_rows != nullptr) return;
    refuse(feed.place,
           "`" + node.name + "` (" + node.type->id + ") needs the values of all ranks, but values of the type `" + std::string(type.name) +
               "` cannot be sent (`ValueTraits::" + (read.grain == Grain::Slot ? "pack" : "pack_rows") + "`)",
           "train it with one process");
  }

  /// Refuses a gradient that comes to one rank from the rows of others. It would have to be added up on the way back.
  void check_own_rows(const ProgramNode& node) {
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds) {
        const Wire& read = wire(feed.wire);
        const ProgramNode& writer = this->node(read.node);
        if (!writer.sees_all_ranks || !input.port->is(differentiable) || !read.port->is(differentiable)) continue;
        refuse(feed.place,
               "`" + node.name + "` (" + node.type->id + ") computes the rows of its rank, but `" + writer.name + "` (" + writer.type->id +
                   ") before it mixes the rows of all ranks: no gradient can flow between the two",
               "train it with one process");
      }
  }

  Program& program_;
  ProgramPhase& phase_;
  const PhaseKnown& known_;
  Diagnostics& diagnostics_;
};

}  // namespace

void find_rows_of_ranks(Program& program, ProgramPhase& phase, const PhaseKnown& known, Diagnostics& diagnostics) {
  if (phase.share.ranks > 1) RankCheck(program, phase, known, diagnostics).find();
}

}  // namespace leat::program
