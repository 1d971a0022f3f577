#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "leat/frame.h"
#include "leat/program.h"
#include "leat/run.h"
#include "run/layout.h"
#include "run/ledger.h"

namespace leat::run {

class Flow;
class Observers;

/// What a node put, by output; up to four need no memory of their own.
class Puts {
 public:
  /// Drops what is left, and makes room for `count` outputs.
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

/// What a node asks for in `finish` and cannot have there.
[[nodiscard]] std::logic_error not_in_finish(const std::string& what);

/// What a call for a whole step has in addition.
struct StepCall {
  std::map<std::pair<int, int>, Value> row_puts;               ///< (output, row)
  std::map<int, std::string> row_drops;                        ///< Why this node dropped the sample of a row.
  std::shared_ptr<const RowState> rows;                        ///< The weights of this node's rows; null: all are 1.
  std::vector<std::vector<const Value*>> gathered;             ///< By input.
  std::vector<std::shared_ptr<const RowState>> gathered_rows;  ///< By input.
  std::vector<Value> blanks;                                   ///< Rows that the engine makes for gathers without a living row.
  std::vector<std::vector<Value>> reordered;                   ///< Rows whose entries were brought into the node's order, by feed.
};

}  // namespace leat::run

namespace leat {

/// The engine's side of a Frame: one call of one node. One object serves a thread's calls one after another, because making one costs as
/// much as a call.
class Frame::Call {
 public:
  Call(run::Flow& owner, const FrameKey& of_phase) : flow(owner), key(of_phase) {}

  /// `which` is node `index` of the flow's phase; `its` is the node's part of the layout. Place -1: a whole step.
  void enter(int index, const ProgramNode& which, const run::Layout::SlotNode& its, run::Ledger* of_step, std::int64_t at_step,
             int at_place, int slot) {
    node_index = index;
    node = &which;
    own = &its;
    ledger = of_step;
    place = at_place;
    key.step = at_step;
    key.slot = slot;
    puts.begin(which.wires.size());
    reason = nullptr;
    has_drawn = false;
    dropped.reset();
    reordered.clear();
    step.reset();
    if (which.grain == Grain::Step) step = std::make_unique<run::StepCall>();
  }

  run::Flow& flow;
  FrameKey key;  ///< Its slot is the number in the whole batch, by which random numbers are keyed.
  int node_index = -1;
  int place = -1;  ///< Where the slot is in the ledger; -1: a whole step.
  const ProgramNode* node = nullptr;
  const run::Layout::SlotNode* own = nullptr;
  run::Ledger* ledger = nullptr;  ///< Null in `finish`.

  run::Puts puts;  ///< By output.
  /// A value whose entries were brought into the node's order.
  struct Reordered {
    int input;
    int member;
    Value value;
  };
  std::vector<Reordered> reordered;
  bool has_drawn = false;                                           ///< It asked for random numbers.
  const std::string* reason = nullptr;                              ///< Why this sample was dropped before this node, if it was.
  std::optional<std::string> dropped;                               ///< Why this node dropped it.
  std::unique_ptr<run::StepCall> step;                              ///< Null at slot grain.
  std::vector<std::pair<std::string, double>>* finished = nullptr;  ///< Metrics of `finish`.
  run::Observers* observers = nullptr;                              ///< While a `process` runs that is observed.

  [[nodiscard]] const Wire& wire(int input, int member = 0) const;
  [[nodiscard]] Value& cell(int input, int member = 0) {
    if (!reordered.empty()) [[unlikely]]
      for (Reordered& one : reordered)
        if (one.input == input && one.member == member) return one.value;
    return ledger_cell(input, member);
  }
  [[nodiscard]] Value& ledger_cell(int input, int member) const {
    if (place < 0) return step_cell(input, member);
    return ledger->cells[static_cast<std::size_t>(
        own->reads[static_cast<std::size_t>(own->first[static_cast<std::size_t>(input)] + member)].cell + place)];
  }
  /// All values that the node can read; those of gathers one by one.
  [[nodiscard]] std::vector<const Value*> inputs();
  void requested() const {
    if (observers) [[unlikely]]
      tell_request();
  }
  /// Prepares what a node of step grain sees: gathers with repeated rows, weights. Returns false if a required input has nothing for this
  /// step.
  [[nodiscard]] bool gather();
  /// Brings what the node reads of one slot or step into its order of entries.
  void reorder();
  /// After `finish`: throws if it put something.
  void refuse_puts();
  /// "step 3 of `train`, slot 1, sample `a.png`"
  [[nodiscard]] std::string where() const;
  /// The exception that is being handled as a NodeError of this call; a NodeError as it is.
  [[nodiscard]] std::exception_ptr named_exception() const;

 private:
  [[nodiscard]] Value& step_cell(int input, int member) const;
  void tell_request() const;
};

}  // namespace leat
