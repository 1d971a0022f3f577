#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "leat/frame.h"
#include "run/flow.h"

namespace leat::run {

/// What a node put, by output; a few need no memory of their own.
class Puts {
 public:
  explicit Puts(std::size_t count) {
    if (count > few_.size()) many_.resize(count);
  }
  Value& operator[](std::size_t output) { return many_.empty() ? few_[output] : many_[output]; }

 private:
  std::array<Value, 4> few_;
  std::vector<Value> many_;
};

/// What a call for a whole step has beside that for a slot.
struct StepSite {
  std::map<std::pair<int, int>, Value> row_puts;               ///< (output, row)
  std::shared_ptr<const RowState> rows;                        ///< The weights of this node's rows; absent: all 1.
  std::vector<std::vector<const Value*>> gathered;             ///< By input.
  std::vector<std::shared_ptr<const RowState>> gathered_rows;  ///< By input.
  std::vector<Value> blanks;                                   ///< Owned rows for gathers in which none lives.
};

}  // namespace leat::run

namespace leat {

/// The engine's side of a Frame: one call of one node.
class Frame::Site {
 public:
  Site(run::Flow& owner, int index, run::Ledger* page, std::int64_t at_step, int slot)
      : flow(owner),
        node_index(index),
        node(owner.phase().nodes[static_cast<std::size_t>(index)]),
        ledger(page),
        key(owner.frame_key(at_step, slot)),
        puts(node.wires.size()) {
    if (node.grain == Grain::Step) step = std::make_unique<run::StepSite>();
  }

  run::Flow& flow;
  int node_index;
  const ProgramNode& node;
  run::Ledger* ledger;  ///< Absent in `finish`.
  FrameKey key;

  run::Puts puts;                                         ///< By output.
  const std::string* reason = nullptr;                    ///< Why this sample was dropped before this node, if it was.
  std::optional<std::string> dropped;                     ///< Why this node dropped it.
  std::unique_ptr<run::StepSite> step;                    ///< Absent at slot grain.
  std::vector<std::pair<std::string, double>>* finished = nullptr;  ///< Metrics of `finish`.

  [[nodiscard]] const Wire& wire(int input, int member = 0) const;
  [[nodiscard]] Value& cell(int input, int member = 0) const;
  /// Prepares what a step-grain node sees: gathers with repeated rows, weights. False: a required input has nothing for this step.
  [[nodiscard]] bool gather();
};

}  // namespace leat
