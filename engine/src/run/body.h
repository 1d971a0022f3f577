#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "run/chain.h"
#include "run/flow.h"
#include "run/promise.h"

namespace leat::run {

/// One call of one node: prepares its frame, calls `process`, and stores its outputs in the ledger. The functions in this header are on the
/// path of every call and are inlined into the caller. [parallel]
class Body {
 public:
  Body(Flow& flow, int node, Chain& chain) : Body(flow, node, chain, chain.call) {}
  /// For a call that lives next to others on this thread.
  Body(Flow& flow, int node, Chain& chain, Frame::Call& call)
      : flow_(flow),
        chain_(chain),
        call_(call),
        node_index_(node),
        node_(flow.phase().nodes[static_cast<std::size_t>(node)]),
        own_(flow.layout().slots[static_cast<std::size_t>(node)]) {}

  using Followed = std::vector<std::pair<int, FollowedSizes>>;  ///< By output.

  /// Runs the node for a task. Its outputs are then in the ledger; the caller publishes their arrivals. Returns false if the node only
  /// passed on a tombstone, or dropped its sample. Throws NodeError.
  [[gnu::always_inline]] bool run(const ReadyTask& task) {
    enter(task);
    if (node_.grain != Grain::Slot) return run_step(task);
    const Tombstones found = tombstones(task);
    if (found.first) call_.reason = &found.first->as<Tombstone>().reason;
    if (found.stops) return pass_on(task, *found.first);
    if (node_.has_reorders) [[unlikely]]
      call_.reorder();
    if (own_.is_checked) [[unlikely]]
      return run_checked(task);
    if (!process(task)) return false;
    if (own_.is_recorded || flow_.context().observers.wants_values()) [[unlikely]]
      keep_outputs(task);
    else keep_slot(task);
    return true;
  }

  // ---- The parts of `run` for a node of step grain. The caller calls `process` between the last two ----
  [[gnu::always_inline]] void enter(const ReadyTask& task) {
    const bool is_slot = node_.grain == Grain::Slot;
    call_.enter(node_index_, node_, own_, task.ledger, task.step, is_slot ? task.place : -1, is_slot ? flow_.slot_of(task.place) : -1);
  }
  /// Prepares the frame. Returns nullopt if the node does not run in this step: then its outputs are tombstones.
  [[nodiscard]] std::optional<Followed> begin_step(const ReadyTask& task);
  /// Checks what the node put, and stores it.
  void end_step(const ReadyTask& task, const Followed& followed);

 private:
  struct Tombstones {
    const Value* first = nullptr;
    bool stops = false;  ///< An input that does not accept tombstones has one.
  };
  [[nodiscard]] Tombstones tombstones(const ReadyTask& task) const {
    Tombstones out;
    for (const Layout::SlotRead& read : own_.reads) {
      const Value& held = task.ledger->cells[static_cast<std::size_t>(read.cell + task.place)];
      if (!is_tombstone(held)) [[likely]]
        continue;
      if (!out.first) out.first = &held;
      if (!read.is_maybe) out.stops = true;
    }
    return out;
  }
  /// Returns false if the node dropped its sample.
  [[gnu::always_inline]] bool process(const ReadyTask& task) {
    Frame frame(call_);
    try {
      if (own_.stretch >= 0 && flow_.context().cache) process_in_stretch(frame, task);
      else if (flow_.context().observers.looks_at_calls()) [[unlikely]] process_observed(frame);
      else node_.node->process(frame);
    } catch (...) {
      fail(task);
    }
    return call_.dropped ? drop(task) : true;
  }
  [[gnu::always_inline]] void keep_slot(const ReadyTask& task) {
    for (std::size_t output = 0; output < own_.writes.size(); ++output) {
      if (own_.writes[output] < 0) continue;
      Value& put = call_.puts[output];
      if (!put) [[unlikely]]
        throw nothing_put(node_.wires[output]);
      flow_.workers().store(static_cast<std::size_t>(own_.writes[output] + task.place), *task.ledger, std::move(put), chain_);
    }
  }

  bool run_step(const ReadyTask& task);
  void process_observed(Frame& frame);
  /// Calls a node of a stretch, unless the value of the stretch is in the cache. Then the last node puts it, and the others put Known.
  void process_in_stretch(Frame& frame, const ReadyTask& task);
  /// Calls the node, unless the result of an equal call is kept.
  void process_new(Frame& frame);
  bool pass_on(const ReadyTask& task, const Value& stone);  ///< Returns false.
  bool drop(const ReadyTask& task);                         ///< Returns false.
  void fail(const ReadyTask& task);                         ///< For the exception that is being handled.
  void forget_metrics(Ledger& ledger);                      ///< Deletes the metrics of this call_.
  /// Runs a slot of a node whose outputs are compared with their contracts. Returns false if it dropped its sample.
  bool run_checked(const ReadyTask& task);
  /// Returns the sizes that outputs must have. Called before the node runs, because the node can take its values.
  [[nodiscard]] Followed sizes_read();
  /// Throws NodeError for a value that differs from its contract.
  void check_puts(const ReadyTask& task, const Followed& followed);
  void check_put(const ReadyTask& task, int output, const Value& value, const Followed& of_outputs, const std::string& where);
  void keep_outputs(const ReadyTask& task);
  void tell_dropped_rows(const ReadyTask& task);
  void keep_rows(const ReadyTask& task, int output, const Wire& wire, int wire_index);
  void keep_tombstones(const ReadyTask& task, const Value& stone);
  /// Returns true if somebody looks at the values that the node puts in this step.
  [[nodiscard]] bool is_looked_at(const ReadyTask& task) const {
    return flow_.context().observers.wants_values() || (own_.is_recorded && flow_.records(task.step));
  }
  void tell_put(const ReadyTask& task, int wire_index, int place, const Value& value);
  [[nodiscard]] std::span<const Sample> samples_of(const ReadyTask& task, const Wire& wire, int place) const;
  [[nodiscard]] std::size_t first_cell(int wire) const {
    return static_cast<std::size_t>(flow_.layout().cell[static_cast<std::size_t>(wire)]);
  }
  [[nodiscard]] NodeError nothing_put(int wire) const;
  [[nodiscard]] NodeError error(const std::string& cause) const;

  Flow& flow_;
  Chain& chain_;
  Frame::Call& call_;
  int node_index_;
  bool is_counted_ = false;  ///< The dropped sample is counted as failed already.
  const ProgramNode& node_;
  const Layout::SlotNode& own_;
};

}  // namespace leat::run
