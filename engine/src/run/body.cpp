#include "run/body.h"

#include "base/json.h"

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
    const Sample& sample =
        item.ledger->samples[static_cast<std::size_t>(flow_.layout_.sample[static_cast<std::size_t>(node_.origin)] + item.slot)];
    if (!sample.id.empty()) where += ", sample `" + sample.id + "`";
  }
  return NodeError(node_.name, node_.type->id, node_.place, where, cause);
}

bool Body::run_step(const Item& item) {
  if (!trip_.site.gather()) return pass_on(item, Value::of(Tombstone{"nothing came for this step", true}));
  if (!process(item)) return false;
  keep_outputs(item);
  return true;
}

void Body::process_watched(Frame& frame) {
  Frame::Site& site = trip_.site;
  Watch& watch = *flow_.shared_.watch;
  WatchedCall call{flow_.phase_.name, node_.name, node_.type->id, site.key.step, site.key.slot, site.inputs()};
  watch.begins(call);
  site.watch = &watch;
  try {
    node_.node->process(frame);
  } catch (...) {
    site.watch = nullptr;
    throw;
  }
  site.watch = nullptr;
  watch.ends(call);
}

bool Body::pass_on(const Item& item, const Value& stone) {
  keep_tombstones(item, stone);
  return false;
}

void Body::fail(const Item& item, const std::exception& failed) {
  const NodeError told = error(item, failed.what());
  if (!node_.skips_errors) throw told;
  flow_.add_skipped(node_, item, told);
  trip_.site.dropped = failed.what();
}

bool Body::drop(const Item& item) {
  const std::string& reason = *trip_.site.dropped;
  if (flow_.shared_.log)
    flow_.shared_.log->add_note("{\"dropped\": " + json_text(node_.name) + ", \"phase\": " + json_text(flow_.phase_.name) +
                                ", \"step\": " + std::to_string(item.step) + ", \"slot\": " + std::to_string(item.slot) +
                                ", \"reason\": " + json_text(reason) + "}");
  return pass_on(item, Value::of(Tombstone{reason}));
}

NodeError Body::nothing_put(const Item& item, int wire) const {
  return error(item, "it put nothing into `" + std::string(flow_.phase_.wires[static_cast<std::size_t>(wire)].port->name()) + "`");
}

void Body::keep_outputs(const Item& item) {
  Frame::Site& site = trip_.site;
  for (std::size_t output = 0; output < node_.wires.size(); ++output) {
    const int wire_index = node_.wires[output];
    const Wire& wire = flow_.phase_.wires[static_cast<std::size_t>(wire_index)];
    const bool is_wanted = !wire.readers.empty() || flow_.shared_.tap;
    if (wire.port->kind() == PortKind::Scatter) {
      if (is_wanted) keep_rows(item, static_cast<int>(output), wire, wire_index);
      continue;
    }
    Value& put = site.puts[output];
    if (!put) {
      if (!wire.readers.empty()) throw nothing_put(item, wire_index);
      continue;
    }
    if (flow_.shared_.tap)
      flow_.shared_.tap(
          {flow_.phase_.name, node_.name, wire.port->name(), item.step, node_.grain == Grain::Slot ? item.slot : -1, put, wire.contract});
    if (wire.readers.empty()) continue;
    if (node_.grain == Grain::Step && wire.origin == node_.origin)
      item.ledger->row_states[static_cast<std::size_t>(wire_index)] = site.step->rows;
    if (node_.segment >= 0) item.ledger->device[static_cast<std::size_t>(wire_index)] = std::move(put);
    else
      flow_.store(first_cell(wire_index) + (node_.grain == Grain::Slot ? static_cast<std::size_t>(item.slot) : 0), *item.ledger,
                  std::move(put), trip_);
  }
}

void Body::keep_rows(const Item& item, int output, const Wire& wire, int wire_index) {
  run::StepSite& step = *trip_.site.step;
  const int count = item.ledger->rows[static_cast<std::size_t>(wire.origin)];
  for (int row = 0; row < count; ++row) {
    const bool is_dead = step.rows && step.rows->weights[static_cast<std::size_t>(row)] == 0;
    Value value =
        is_dead ? Value::of(Tombstone{step.rows->reasons[static_cast<std::size_t>(row)]}) : std::move(step.row_puts[{output, row}]);
    if (!value) throw error(item, "it put nothing into row " + std::to_string(row) + " of `" + std::string(wire.port->name()) + "`");
    if (flow_.shared_.tap) flow_.shared_.tap({flow_.phase_.name, node_.name, wire.port->name(), item.step, row, value, wire.contract});
    if (wire.readers.empty()) continue;
    flow_.store(first_cell(wire_index) + static_cast<std::size_t>(row), *item.ledger,
                node_.segment >= 0 ? flow_.shared_.lane->fetch(std::move(value)) : std::move(value), trip_);
  }
}

void Body::keep_tombstones(const Item& item, const Value& stone) {
  for (const int wire_index : node_.wires) {
    const Wire& wire = flow_.phase_.wires[static_cast<std::size_t>(wire_index)];
    if (wire.readers.empty()) continue;
    if (node_.grain == Grain::Slot) {
      flow_.store(first_cell(wire_index) + static_cast<std::size_t>(item.slot), *item.ledger, stone, trip_);
    } else if (wire.grain == Grain::Slot) {
      for (int row = 0; row < item.ledger->rows[static_cast<std::size_t>(wire.origin)]; ++row)
        flow_.store(first_cell(wire_index) + static_cast<std::size_t>(row), *item.ledger, stone, trip_);
    } else if (node_.segment >= 0) {
      item.ledger->device[static_cast<std::size_t>(wire_index)] = stone;
    } else {
      flow_.store(first_cell(wire_index), *item.ledger, stone, trip_);
    }
  }
}

}  // namespace leat::run
