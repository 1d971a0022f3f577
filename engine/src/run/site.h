#pragma once

#include <array>
#include <map>
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

}  // namespace leat::run

namespace leat {

/// The engine's side of a Frame: one call of one node.
class Frame::Site {
 public:
  Site(run::Flow& flow, int node, run::Ledger* ledger, std::int64_t step, int slot);

  run::Flow& flow;
  int node_index;
  const ProgramNode& node;
  run::Ledger* ledger;  ///< Absent in `finish`.
  FrameKey key;

  run::Puts puts;                                         ///< By output.
  std::map<std::pair<int, int>, Value> row_puts;          ///< (output, row)
  std::string reason;                                     ///< Why this sample was dropped before this node, if it was.
  std::shared_ptr<const run::RowState> rows;              ///< Of a step: the weights of this node's rows; absent: all 1.
  std::vector<std::vector<const Value*>> gathered;        ///< By input.
  std::vector<std::shared_ptr<const run::RowState>> gathered_rows;  ///< By input.
  std::vector<Value> blanks;                              ///< Owned rows for gathers in which none lives.
  bool is_dropped = false;
  std::string drop_reason;
  std::vector<std::pair<std::string, double>>* finished = nullptr;  ///< Metrics of `finish`.

  [[nodiscard]] const Wire& wire(int input, int member = 0) const;
  [[nodiscard]] Value& cell(int input, int member = 0) const;
  /// Prepares what a step-grain node sees: gathers with repeated rows, weights. False: a required input has nothing for this step.
  [[nodiscard]] bool gather();
};

}  // namespace leat
