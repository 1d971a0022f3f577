#include "run/body.h"

#include "record/json.h"

namespace leat {

NodeError::NodeError(std::string node_name, std::string type_name, Place at, std::string which, std::string why)
    : std::runtime_error(at.str() + ": error: `" + node_name + "` (" + type_name + ") failed at " + which + ": " + why),
      node(std::move(node_name)),
      type(std::move(type_name)),
      place(std::move(at)),
      where(std::move(which)),
      cause(std::move(why)) {}

}  // namespace leat

namespace leat::run {

NodeError Body::error(const Item& item, const std::string& cause) const {
  std::string where = "step " + std::to_string(item.step) + " of `" + flow_.phase_.name + "`";
  if (node_.grain == Grain::Slot) {
    where += ", slot " + std::to_string(item.slot);
    const Sample& sample = item.ledger->samples[static_cast<std::size_t>(flow_.layout_.sample[static_cast<std::size_t>(node_.origin)] + item.slot)];
    if (!sample.id.empty()) where += ", sample `" + sample.id + "`";
  }
  return NodeError(node_.name, node_.type->id, node_.place, where, cause);
}

bool Body::run(const Item& item) {
  const bool is_slot = node_.grain == Grain::Slot;
  Frame::Site site(flow_, node_index_, item.ledger, item.step, is_slot ? item.slot : -1);
  if (is_slot) {
    run_slot(item, site);
  } else if (site.gather()) {
    process(item, site);
  } else {
    keep_tombstones(item, Value::of(Tombstone{"nothing came for this step", true}));
  }
  return has_run_;
}

void Body::run_slot(const Item& item, Frame::Site& site) {
  bool is_called = true;
  Value stone;
  for (const Layout::SlotRead& read : flow_.layout_.slots[static_cast<std::size_t>(node_index_)].reads) {
    const Value& held = item.ledger->cells[static_cast<std::size_t>(read.cell + item.slot)];
    if (!is_tombstone(held)) continue;
    if (!stone) stone = held;
    if (!read.is_maybe) is_called = false;
  }
  if (stone) site.reason = &stone.as<Tombstone>().reason;
  if (is_called)
    process(item, site);
  else
    keep_tombstones(item, stone);
}

void Body::process(const Item& item, Frame::Site& site) {
  Frame frame(site);
  has_run_ = true;
  try {
    node_.node->process(frame);
  } catch (const std::exception& failed) {
    if (!node_.skips_errors) throw error(item, failed.what());
    site.dropped = failed.what();
  }
  if (site.dropped) {
    has_run_ = false;
    if (flow_.shared_.log)
      flow_.shared_.log->add_note("{\"dropped\": " + json_text(node_.name) + ", \"phase\": " + json_text(flow_.phase_.name) + ", \"step\": " + std::to_string(item.step) +
                                  ", \"slot\": " + std::to_string(item.slot) + ", \"reason\": " + json_text(*site.dropped) + "}");
    keep_tombstones(item, Value::of(Tombstone{*site.dropped}));
    return;
  }
  if (node_.grain == Grain::Slot && !flow_.shared_.tap)
    keep_slot(item, site);
  else
    keep_outputs(item, site);
}

void Body::keep_slot(const Item& item, Frame::Site& site) {
  const std::vector<int>& writes = flow_.layout_.slots[static_cast<std::size_t>(node_index_)].writes;
  for (std::size_t output = 0; output < writes.size(); ++output) {
    if (writes[output] < 0) continue;
    Value& put = site.puts[output];
    if (!put) throw nothing_put(item, node_.wires[output]);
    flow_.store(static_cast<std::size_t>(writes[output] + item.slot), *item.ledger, std::move(put), trip_);
  }
}

NodeError Body::nothing_put(const Item& item, int wire) const {
  return error(item, "it put nothing into `" + std::string(flow_.phase_.wires[static_cast<std::size_t>(wire)].port->name()) + "`");
}

void Body::keep_outputs(const Item& item, Frame::Site& site) {
  for (std::size_t output = 0; output < node_.wires.size(); ++output) {
    const int wire_index = node_.wires[output];
    const Wire& wire = flow_.phase_.wires[static_cast<std::size_t>(wire_index)];
    const bool is_wanted = !wire.readers.empty() || flow_.shared_.tap;
    if (wire.port->kind() == PortKind::Scatter) {
      if (is_wanted) keep_rows(item, site, static_cast<int>(output), wire, wire_index);
      continue;
    }
    Value& put = site.puts[output];
    if (!put) {
      if (!wire.readers.empty()) throw nothing_put(item, wire_index);
      continue;
    }
    if (flow_.shared_.tap) flow_.shared_.tap({flow_.phase_.name, node_.name, wire.port->name(), item.step, node_.grain == Grain::Slot ? item.slot : -1, put.hash()});
    if (wire.readers.empty()) continue;
    if (node_.grain == Grain::Step && wire.origin == node_.origin) item.ledger->row_states[static_cast<std::size_t>(wire_index)] = site.step->rows;
    if (node_.segment >= 0)
      item.ledger->device[static_cast<std::size_t>(wire_index)] = std::move(put);
    else
      flow_.store(first_cell(wire_index) + (node_.grain == Grain::Slot ? static_cast<std::size_t>(item.slot) : 0), *item.ledger, std::move(put), trip_);
  }
}

void Body::keep_rows(const Item& item, Frame::Site& site, int output, const Wire& wire, int wire_index) {
  const int count = item.ledger->rows[static_cast<std::size_t>(wire.origin)];
  for (int row = 0; row < count; ++row) {
    const bool is_dead = site.step->rows && site.step->rows->weights[static_cast<std::size_t>(row)] == 0;
    Value value = is_dead ? Value::of(Tombstone{site.step->rows->reasons[static_cast<std::size_t>(row)]}) : std::move(site.step->row_puts[{output, row}]);
    if (!value) throw error(item, "it put nothing into row " + std::to_string(row) + " of `" + std::string(wire.port->name()) + "`");
    if (flow_.shared_.tap) flow_.shared_.tap({flow_.phase_.name, node_.name, wire.port->name(), item.step, row, value.hash()});
    if (wire.readers.empty()) continue;
    flow_.store(first_cell(wire_index) + static_cast<std::size_t>(row), *item.ledger, node_.segment >= 0 ? flow_.shared_.lane->fetch(std::move(value)) : std::move(value), trip_);
  }
}

void Body::keep_tombstones(const Item& item, const Value& stone) {
  for (const int wire_index : node_.wires) {
    const Wire& wire = flow_.phase_.wires[static_cast<std::size_t>(wire_index)];
    if (wire.readers.empty()) continue;
    if (node_.grain == Grain::Slot) {
      flow_.store(first_cell(wire_index) + static_cast<std::size_t>(item.slot), *item.ledger, stone, trip_);
    } else if (wire.grain == Grain::Slot) {
      for (int row = 0; row < item.ledger->rows[static_cast<std::size_t>(wire.origin)]; ++row) flow_.store(first_cell(wire_index) + static_cast<std::size_t>(row), *item.ledger, stone, trip_);
    } else if (node_.segment >= 0) {
      item.ledger->device[static_cast<std::size_t>(wire_index)] = stone;
    } else {
      flow_.store(first_cell(wire_index), *item.ledger, stone, trip_);
    }
  }
}

}  // namespace leat::run
