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
struct CallResult;

/// The values that a node output, indexed by output. Up to four need no allocation.
class Puts {
 public:
  /// Drops remaining values, and makes room for `count` outputs.
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

/// Returns the exception for a function that a node cannot call in `finish`.
[[nodiscard]] std::logic_error not_in_finish(const std::string& what);

/// Additional data of a call for a whole step.
struct StepCall {
  std::map<std::pair<int, int>, Value> row_puts;  ///< Indexed by (output, row).
  std::map<int, std::string> row_drops;           ///< Indexed by row: why this node dropped its sample.
  /// Weights of this node's rows; null if all are 1. If the node does not run, because no row lives: why each was dropped.
  std::shared_ptr<const RowState> rows;
  std::vector<std::vector<const Value*>> gathered;             ///< Indexed by input.
  std::vector<std::shared_ptr<const RowState>> gathered_rows;  ///< Indexed by input.
  std::vector<Value> blanks;                                   ///< Rows made by the engine for gathers without a living row.
  std::vector<std::vector<Value>>
      reordered;  ///< Copies of gathered rows, with entries in the node's order. One list for each feed that needs it.
};

}  // namespace leat::run

namespace leat {

/// The engine's side of a Frame: one call of one node. A thread reuses one object for all its calls, because creating one takes as long as
/// a call.
class Frame::Call {
 public:
  Call(run::Flow& owner, const FrameKey& of_phase) : flow(owner), key(of_phase) {}

  /// Reads an input and puts an output whatever their type is, for nodes that the conformance kit makes.
  [[nodiscard]] static const Value& read(const Frame& frame, int input) { return frame.value(input); }
  static void put(Frame& frame, int output, Value value) { frame.put_value(output, std::move(value)); }

  /// Starts a call of node `index` of the flow's phase. `at_place` is -1 for a whole step.
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
  FrameKey key;  ///< `slot` is the number in the whole batch, which keys random numbers.
  int node_index = -1;
  int place = -1;  ///< The slot's place in the ledger; -1 for a whole step.
  const ProgramNode* node = nullptr;
  const run::Layout::SlotNode* own = nullptr;
  run::Ledger* ledger = nullptr;  ///< Null in `finish`.

  run::Puts puts;  ///< Values that the node output.
  /// A value with entries in the node's order.
  struct Reordered {
    int input;
    int member;
    Value value;
  };
  std::vector<Reordered> reordered;
  bool has_drawn = false;                                           ///< The node has called `frame.random()`.
  const std::string* reason = nullptr;                              ///< Reason if the sample was dropped before this node, else null.
  std::optional<std::string> dropped;                               ///< Reason if this node dropped the sample.
  std::unique_ptr<run::StepCall> step;                              ///< Null at slot grain.
  std::vector<std::pair<std::string, double>>* finished = nullptr;  ///< Takes the metrics of `finish`.
  run::Observers* observers = nullptr;                              ///< Set while an observed `process` runs.
  run::CallResult* said = nullptr;                                  ///< Takes notes and warnings of a call whose result is kept, or null.

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
  /// Returns all values that the node can read; gathered values one by one.
  [[nodiscard]] std::vector<const Value*> inputs();
  void requested() const {
    if (observers) [[unlikely]]
      tell_request();
  }
  /// Prepares the inputs of a node of step grain: gathered rows, their weights, the order of entries. Returns false if a required input has
  /// no value for this step.
  [[nodiscard]] bool gather();
  /// Brings the inputs of one slot or step into the node's order of entries.
  void reorder();
  /// Throws std::logic_error if `finish` has output a value.
  void refuse_puts();
  /// "step 3 of `train`, slot 1, sample `a.png`"
  [[nodiscard]] std::string where() const;
  /// Returns the exception that is being handled as a NodeError of this call. Returns a NodeError or ObserverFailure unchanged,
  /// and a std::runtime_error if no node is running.
  [[nodiscard]] std::exception_ptr named_exception() const;

 private:
  [[nodiscard]] Value& step_cell(int input, int member) const;
  void tell_request() const;
};

}  // namespace leat
