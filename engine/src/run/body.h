#pragma once

#include "run/site.h"

namespace leat::run {

/// One call of one node: prepares what it sees, calls `process`, puts what it gave into the ledger. [parallel]
class Body {
 public:
  Body(Flow& flow, int node, Trip& trip) : flow_(flow), trip_(trip), node_index_(node), node_(flow.phase_.nodes[static_cast<std::size_t>(node)]) {}

  /// Runs the node for an item; outputs stand in the ledger afterwards, arrivals are the caller's. Throws NodeError.
  /// True: it ran; false: it only passed a tombstone on.
  bool run(const Item& item);

 private:
  void run_slot(const Item& item, Frame::Site& site);
  void process(const Item& item, Frame::Site& site);
  void keep_slot(const Item& item, Frame::Site& site);
  void keep_outputs(const Item& item, Frame::Site& site);
  void keep_rows(const Item& item, Frame::Site& site, int output, const Wire& wire, int wire_index);
  void keep_tombstones(const Item& item, const Value& stone);
  [[nodiscard]] std::size_t first_cell(int wire) const { return static_cast<std::size_t>(flow_.layout_.cell[static_cast<std::size_t>(wire)]); }
  [[nodiscard]] NodeError nothing_put(const Item& item, int wire) const;
  [[nodiscard]] NodeError error(const Item& item, const std::string& cause) const;

  Flow& flow_;
  Trip& trip_;
  int node_index_;
  const ProgramNode& node_;
  bool has_run_ = false;
};

}  // namespace leat::run
