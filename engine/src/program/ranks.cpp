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
      if (node.node && node.lane == LaneKind::Device) node.sees_all_ranks = !computes_own_rows(phase_, node);
    for (std::size_t k = 0; k < phase_.nodes.size(); ++k) {
      const ProgramNode& node = phase_.nodes[k];
      if (!node.node || !known_.nodes[k].is_whole) continue;
      if (node.lane == LaneKind::Cpu) check_on_cpu(node);
      else if (node.sees_all_ranks) check_all_rows(node);
      else check_own_rows(node), check_added_up(node);
    }
    if (phase_.segments.empty() && known_.has_all_edges() && !diagnostics_.has_errors())
      diagnostics_.error("node.refused", phase_.place, "`" + phase_.name + "` has no node on the device lane, where ranks exchange rows",
                         "train it with one process");
  }

 private:
  [[nodiscard]] const Wire& wire(int index) const { return phase_.wires[static_cast<std::size_t>(index)]; }
  [[nodiscard]] const ProgramNode& node(int index) const { return phase_.nodes[static_cast<std::size_t>(index)]; }

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

  /// Refuses a node whose gradient would count once for each rank, or that changes what is trained by the gradient of one rank.
  void check_all_rows(const ProgramNode& node) {
    for (const auto& [resource, access] : node.resources)
      if (access == UsePort::Access::Write)
        return refuse(
            node.place,
            "`" + node.name + "` (" + node.type->id + ") changes `" + program_.resources[static_cast<std::size_t>(resource)].name +
                "`, and does not say that it adds up over the ranks (`Node::rows_of_ranks`): each rank would change it in another way",
            "train it with one process");
    for (const int one : node.wires) {
      const bool is_exchanged = wire(one).origin >= 0 && wire(one).grain == Grain::Step && !wire(one).readers.empty();
      if (is_exchanged && !wire(one).port->type().take_rows)
        refuse(node.place,
               "`" + node.name + "` (" + node.type->id + ") puts rows of all ranks of the type `" +
                   std::string(wire(one).port->type().name) + "`, which cannot be parted (`ValueTraits::take_rows`)",
               "train it with one process");
    }
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

  /// Refuses what a node that adds up its own rows cannot add up.
  void check_added_up(const ProgramNode& node) {
    if (node.node->rows_of_ranks() != RowsOfRanks::OwnAddedUp) return;
    const auto has_rows = [this](const BoundInput& input) {
      return std::any_of(input.feeds.begin(), input.feeds.end(), [this](const Feed& feed) { return wire(feed.wire).origin >= 0; });
    };
    const bool reads_rows = std::any_of(node.inputs.begin(), node.inputs.end(), has_rows);
    const bool puts_rows = std::any_of(node.wires.begin(), node.wires.end(), [this](int one) { return wire(one).origin >= 0; });
    if (puts_rows || (reads_rows && !node.node->states().empty()))
      refuse(node.place,
             "`" + node.name + "` (" + node.type->id + ") says that it adds up its rows over the ranks, but it " +
                 (puts_rows ? "puts rows" : "has a state, which each rank would have of its own rows"),
             "train it with one process");
  }

  /// Refuses a gradient that comes to one rank from the rows of others. It would have to be added up on the way back.
  void check_own_rows(const ProgramNode& node) {
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds) {
        const Wire& read = wire(feed.wire);
        const ProgramNode& writer = this->node(read.node);
        // A node without outputs, as `train.step`, ends the way: what it computes is added up.
        if (node.wires.empty() || !writer.sees_all_ranks || !input.port->is(differentiable) || !read.port->is(differentiable)) continue;
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

/// A state, a metric, or a value without rows is one of all samples of the step.
bool computes_own_rows(const ProgramPhase& phase, const ProgramNode& node) {
  const RowsOfRanks rows = node.node->rows_of_ranks();
  if (rows == RowsOfRanks::OwnAddedUp) return true;
  return rows == RowsOfRanks::Own && node.node->states().empty() && node.node->metrics().empty() &&
         std::all_of(node.wires.begin(), node.wires.end(),
                     [&phase](int one) { return phase.wires[static_cast<std::size_t>(one)].origin >= 0; });
}

void find_rows_of_ranks(Program& program, ProgramPhase& phase, const PhaseKnown& known, Diagnostics& diagnostics) {
  if (phase.share.ranks > 1) RankCheck(program, phase, known, diagnostics).find();
}

}  // namespace leat::program
