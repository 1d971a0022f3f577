#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "leat/frame.h"
#include "leat/program.h"
#include "leat/run.h"
#include "run/ledger.h"

namespace leat::run {

class Flow;

/// What a node put, by output; a few need no memory of their own.
class Puts {
 public:
  /// Drops what is left, and takes so many.
  void begin(std::size_t count) {
    for (std::size_t output = 0; output < count_; ++output) (*this)[output].reset();
    if (count > few_.size() && count > many_.size()) many_.resize(count);
    count_ = count;
  }
  Value& operator[](std::size_t output) { return count_ > few_.size() ? many_[output] : few_[output]; }

 private:
  std::size_t count_ = 0;
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

/// The engine's side of a Frame: where one call of one node is. It goes from call to call, for setting up a new one costs as much as a
/// call.
class Frame::Site {
 public:
  Site(run::Flow& owner, const FrameKey& of_phase) : flow(owner), key(of_phase) {}

  /// `which` is node `index` of the flow's phase, `its` what the layout has of it.
  void enter(int index, const ProgramNode& which, const run::Layout::SlotNode& its, run::Ledger* page, std::int64_t at_step, int slot) {
    node_index = index;
    node = &which;
    own = &its;
    ledger = page;
    key.step = at_step;
    key.slot = slot;
    puts.begin(which.wires.size());
    reason = nullptr;
    has_drawn = false;
    dropped.reset();
    step.reset();
    if (which.grain == Grain::Step) step = std::make_unique<run::StepSite>();
  }

  run::Flow& flow;
  FrameKey key;
  int node_index = -1;
  const ProgramNode* node = nullptr;
  const run::Layout::SlotNode* own = nullptr;
  run::Ledger* ledger = nullptr;  ///< Absent in `finish`.

  run::Puts puts;                                                   ///< By output.
  bool has_drawn = false;                                           ///< It asked for random numbers.
  const std::string* reason = nullptr;                              ///< Why this sample was dropped before this node, if it was.
  std::optional<std::string> dropped;                               ///< Why this node dropped it.
  std::unique_ptr<run::StepSite> step;                              ///< Absent at slot grain.
  std::vector<std::pair<std::string, double>>* finished = nullptr;  ///< Metrics of `finish`.
  Watch* watch = nullptr;                                           ///< While a watched `process` runs.

  [[nodiscard]] const Wire& wire(int input, int member = 0) const;
  [[nodiscard]] Value& cell(int input, int member = 0) const {
    if (key.slot < 0) return step_cell(input, member);
    return ledger->cells[static_cast<std::size_t>(
        own->reads[static_cast<std::size_t>(own->first[static_cast<std::size_t>(input)] + member)].cell + key.slot)];
  }
  /// All values that the node can read, those of gathers one by one.
  [[nodiscard]] std::vector<const Value*> inputs() const;
  void asked() const {
    if (watch) [[unlikely]]
      watch->asked();
  }
  /// Prepares what a step-grain node sees: gathers with repeated rows, weights. False: a required input has nothing for this step.
  [[nodiscard]] bool gather();

 private:
  [[nodiscard]] Value& step_cell(int input, int member) const;
};

}  // namespace leat
