#pragma once

#include "run/flow.h"

namespace leat::run {

/// One call of one node: prepares what it sees, calls `process`, puts what it gave into the ledger. [parallel]
/// What every call goes through stands here, to become one piece with its caller; the rest in body.cpp.
class Body {
 public:
  Body(Flow& flow, int node, Trip& trip)
      : flow_(flow),
        trip_(trip),
        node_index_(node),
        node_(flow.phase_.nodes[static_cast<std::size_t>(node)]),
        own_(flow.layout_.slots[static_cast<std::size_t>(node)]) {}

  /// Runs the node for an item; outputs stand in the ledger afterwards, arrivals are the caller's. Throws NodeError.
  /// True: it ran; false: it only passed a tombstone on.
  [[gnu::always_inline]] bool run(const Item& item) {
    const bool is_slot = node_.grain == Grain::Slot;
    Frame::Site& site = trip_.site;
    site.enter(node_index_, node_, own_, item.ledger, item.step, is_slot ? item.slot : -1);
    if (!is_slot) return run_step(item);
    const Tombstones found = tombstones(item);
    if (found.first) site.reason = &found.first->as<Tombstone>().reason;
    if (found.stops) return pass_on(item, *found.first);
    if (!process(item)) return false;
    if (flow_.shared_.tap) keep_outputs(item);
    else keep_slot(item);
    return true;
  }

 private:
  struct Tombstones {
    const Value* first = nullptr;
    bool stops = false;  ///< An input that does not take them has one.
  };
  [[nodiscard]] Tombstones tombstones(const Item& item) const {
    Tombstones out;
    for (const Layout::SlotRead& read : own_.reads) {
      const Value& held = item.ledger->cells[static_cast<std::size_t>(read.cell + item.slot)];
      if (!is_tombstone(held)) [[likely]]
        continue;
      if (!out.first) out.first = &held;
      if (!read.is_maybe) out.stops = true;
    }
    return out;
  }
  /// False: the node dropped its sample.
  [[gnu::always_inline]] bool process(const Item& item) {
    Frame::Site& site = trip_.site;
    Frame frame(site);
    try {
      if (flow_.shared_.watch) [[unlikely]]
        process_watched(frame);
      else node_.node->process(frame);
    } catch (const std::exception& failed) {
      fail(item, failed);
    }
    return site.dropped ? drop(item) : true;
  }
  [[gnu::always_inline]] void keep_slot(const Item& item) {
    for (std::size_t output = 0; output < own_.writes.size(); ++output) {
      if (own_.writes[output] < 0) continue;
      Value& put = trip_.site.puts[output];
      if (!put) [[unlikely]]
        throw nothing_put(item, node_.wires[output]);
      flow_.store(static_cast<std::size_t>(own_.writes[output] + item.slot), *item.ledger, std::move(put), trip_);
    }
  }

  bool run_step(const Item& item);
  void process_watched(Frame& frame);
  bool pass_on(const Item& item, const Value& stone);  ///< False.
  bool drop(const Item& item);                         ///< False.
  void fail(const Item& item, const std::exception& failed);
  void keep_outputs(const Item& item);
  void keep_rows(const Item& item, int output, const Wire& wire, int wire_index);
  void keep_tombstones(const Item& item, const Value& stone);
  [[nodiscard]] std::size_t first_cell(int wire) const {
    return static_cast<std::size_t>(flow_.layout_.cell[static_cast<std::size_t>(wire)]);
  }
  [[nodiscard]] NodeError nothing_put(const Item& item, int wire) const;
  [[nodiscard]] NodeError error(const Item& item, const std::string& cause) const;

  Flow& flow_;
  Trip& trip_;
  int node_index_;
  const ProgramNode& node_;
  const Layout::SlotNode& own_;
};

}  // namespace leat::run
