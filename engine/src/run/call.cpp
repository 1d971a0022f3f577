#include "run/call.h"

#include <algorithm>
#include <stdexcept>

#include "leat/thrown.h"
#include "run/flow.h"

namespace leat {

std::logic_error run::not_in_finish(const std::string& what) {
  return std::logic_error(what + " is not possible in `finish`, which has only metrics, states and warnings");
}

const Wire& Frame::Call::wire(int input, int member) const {
  const Feed& feed = node->inputs[static_cast<std::size_t>(input)].feeds[static_cast<std::size_t>(member)];
  return flow.phase().wires[static_cast<std::size_t>(feed.wire)];
}

Value& Frame::Call::step_cell(int input, int member) const {
  if (!ledger)
    throw run::not_in_finish("reading the input `" + std::string(node->inputs[static_cast<std::size_t>(input)].port->name()) + "`");
  const auto wire_index =
      static_cast<std::size_t>(node->inputs[static_cast<std::size_t>(input)].feeds[static_cast<std::size_t>(member)].wire);
  const Wire& from = flow.phase().wires[wire_index];
  if (from.grain == Grain::Step && node->segment >= 0) return ledger->device[wire_index];
  return ledger->cells[static_cast<std::size_t>(ledger->layout.cell[wire_index])];
}

namespace {

/// Multiplies the weights in `rows` by those in `by`.
void multiply(std::shared_ptr<run::RowState>& rows, const run::RowState& by) {
  if (!rows) {
    rows = std::make_shared<run::RowState>(by);
    return;
  }
  for (std::size_t k = 0; k < by.weights.size(); ++k) {
    rows->weights[k] *= by.weights[k];
    if (rows->reasons[k].empty()) rows->reasons[k] = by.reasons[k];
  }
}

/// Replaces each tombstone in `values` by the last living row before it, or by the first one after it; with `repeats_next`, the other way
/// round. Without a living row, adds a blank one to `blanks`. Returns the weights; nullptr if all rows live.
std::shared_ptr<run::RowState> living_rows(std::vector<const Value*>& values, const Wire& wire, bool repeats_next,
                                           std::vector<Value>& blanks) {
  const auto is_dead = [](const Value* value) { return run::is_tombstone(*value); };
  if (std::none_of(values.begin(), values.end(), is_dead)) return nullptr;
  auto rows = std::make_shared<run::RowState>();
  for (const Value* value : values) {
    const bool dead = is_dead(value);
    rows->weights.push_back(dead ? 0.0f : 1.0f);
    rows->reasons.push_back(dead ? value->as<run::Tombstone>().reason : std::string());
  }
  const auto repeat = [&](auto begin, auto end) {
    const auto first = std::find_if_not(begin, end, is_dead);
    const Value* living = first != end ? *first : &blanks.emplace_back(wire.port->type().blank(wire.contract));
    for (auto value = begin; value != end; ++value) {
      if (is_dead(*value)) *value = living;
      else living = *value;
    }
  };
  if (repeats_next) repeat(values.rbegin(), values.rend());
  else repeat(values.begin(), values.end());
  return rows;
}

/// Returns the weights of a step without a living row whose blank rows would have a size that the device's nodes may not take, because the
/// contract does not say it; nullptr for other steps. A train phase needs such a step for the terms of other sources.
std::shared_ptr<run::RowState> empty_rows(const std::vector<const Value*>& values, const Wire& wire, const ProgramNode& node,
                                          PhaseKind phase) {
  const auto is_dead = [](const Value* value) { return run::is_tombstone(*value); };
  const std::vector<Dim>& dims = wire.contract.dims;
  const bool has_size = std::all_of(dims.begin(), dims.end(), [](const Dim& dim) { return dim.is_known(); });
  if (phase == PhaseKind::Train || node.lane != LaneKind::Device || has_size) return nullptr;
  if (!std::all_of(values.begin(), values.end(), is_dead)) return nullptr;
  auto out = std::make_shared<run::RowState>();
  for (const Value* value : values) {
    out->weights.push_back(0);
    out->reasons.push_back(value->as<run::Tombstone>().reason);
  }
  return out;
}

}  // namespace

std::vector<const Value*> Frame::Call::inputs() {
  std::vector<const Value*> out;
  const auto add = [&out](const Value& value) {
    if (value && !run::is_tombstone(value)) out.push_back(&value);
  };
  for (std::size_t input = 0; input < node->inputs.size(); ++input) {
    if (step && !step->gathered[input].empty()) {
      for (const Value* value : step->gathered[input]) add(*value);
      continue;
    }
    for (std::size_t member = 0; member < node->inputs[input].feeds.size(); ++member)
      add(cell(static_cast<int>(input), static_cast<int>(member)));
  }
  return out;
}

void Frame::Call::tell_request() const {
  observers->tell(Hears::Requests, [](Observer& one) { one.requested(); });
}

std::string Frame::Call::where() const {
  if (finished) return "the end of `" + std::string(key.phase) + "`";
  std::string out = "step " + std::to_string(key.step) + " of `" + std::string(key.phase) + "`";
  if (place < 0) return out;
  out += ", slot " + std::to_string(key.slot);
  const Sample& sample = ledger->samples[static_cast<std::size_t>(ledger->layout.sample[static_cast<std::size_t>(node->origin)] + place)];
  if (!sample.id.empty()) out += ", sample `" + sample.id + "`";
  return out;
}

std::exception_ptr Frame::Call::named_exception() const {
  try {
    throw;
  } catch (const NodeError&) {
    return std::current_exception();
  } catch (const run::ObserverFailure&) {
    return std::current_exception();
  } catch (const RankLost&) {
    return std::current_exception();
  } catch (...) {
    const std::string cause = words_of_current_exception();
    if (!node) return std::make_exception_ptr(std::runtime_error("the engine failed in `" + std::string(key.phase) + "`: " + cause));
    return std::make_exception_ptr(NodeError(node->name, node->type->id, node->place, where(), cause));
  }
}

bool Frame::Call::gather() {
  auto& [row_puts, row_drops, rows, gathered, gathered_rows, blanks, reordered_rows] = *step;
  gathered.resize(node->inputs.size());
  gathered_rows.resize(node->inputs.size());
  blanks.reserve(node->inputs.size());
  std::shared_ptr<run::RowState> weights;
  const auto& repeats_next = flow.context().repeats_next;
  for (std::size_t input = 0; input < node->inputs.size(); ++input) {
    const BoundInput& bound = node->inputs[input];
    for (std::size_t member = 0; member < bound.feeds.size(); ++member) {
      const auto wire_index = static_cast<std::size_t>(bound.feeds[member].wire);
      const Wire& from = flow.phase().wires[wire_index];
      std::shared_ptr<const run::RowState> brought;
      if (from.grain == Grain::Slot) {
        const int count = ledger->rows[static_cast<std::size_t>(from.origin)];
        if (count == 0) return false;
        auto& values = gathered[input];
        for (int slot = 0; slot < count; ++slot)
          values.push_back(&ledger->cells[static_cast<std::size_t>(ledger->layout.cell[wire_index] + slot)]);
        if (auto empty = empty_rows(values, from, *node, flow.phase().kind)) {
          rows = std::move(empty);
          return false;
        }
        brought = living_rows(values, from, repeats_next && repeats_next(key.phase, key.step), blanks);
      } else {
        if (run::is_tombstone(cell(static_cast<int>(input), static_cast<int>(member)))) {
          if (bound.port->kind() == PortKind::Optional) continue;
          if (from.origin == node->origin) rows = ledger->row_states[wire_index];
          return false;
        }
        brought = ledger->row_states[wire_index];
      }
      gathered_rows[input] = brought;
      if (brought && from.origin == node->origin && !bound.port->is(any_rows)) multiply(weights, *brought);
    }
  }
  rows = weights;
  if (node->has_reorders) reorder();
  return true;
}

void Frame::Call::reorder() {
  const auto in_order = [](const Value& value, const std::vector<Reorder>& orders) {
    Value out = value;
    for (const Reorder& order : orders) out = out.reordered(order);
    return out;
  };
  for (std::size_t input = 0; input < node->inputs.size(); ++input)
    for (std::size_t member = 0; member < node->inputs[input].feeds.size(); ++member) {
      const std::vector<Reorder>& orders = node->inputs[input].feeds[member].reorders;
      if (orders.empty()) continue;
      if (step && !step->gathered[input].empty()) {
        std::vector<Value>& rows = step->reordered.emplace_back();
        rows.reserve(step->gathered[input].size());
        for (const Value*& value : step->gathered[input]) value = &rows.emplace_back(in_order(*value, orders));
        continue;
      }
      const Value& held = ledger_cell(static_cast<int>(input), static_cast<int>(member));
      if (held && !run::is_tombstone(held))
        reordered.push_back({static_cast<int>(input), static_cast<int>(member), in_order(held, orders)});
    }
}

void Frame::Call::refuse_puts() {
  for (std::size_t output = 0; output < node->wires.size(); ++output)
    if (puts[output]) throw run::not_in_finish("`frame.put`");
}

}  // namespace leat
