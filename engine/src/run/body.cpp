#include "run/body.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.h"
#include "base/utf8.h"
#include "leat/thrown.h"
#include "run/call_memory.h"

namespace leat::run {

NodeError Body::error(const std::string& cause) const { return NodeError(node_.name, node_.type->id, node_.place, call_.where(), cause); }

bool Body::run_step(const ReadyTask& task) {
  const std::optional<Followed> followed = begin_step(task);
  if (!followed || !process(task)) return false;
  end_step(task, *followed);
  return true;
}

std::optional<Body::Followed> Body::begin_step(const ReadyTask& task) {
  if (call_.gather()) return own_.is_checked ? sizes_read() : Followed();
  pass_on(task, Value::of(Tombstone{"nothing came for this step", true}));
  return {};
}

void Body::end_step(const ReadyTask& task, const Followed& followed) {
  if (own_.is_checked) check_puts(task, followed);
  tell_dropped_rows(task);
  keep_outputs(task);
}

void Body::process_observed(Frame& frame) {
  Observers& observers = flow_.context().observers;
  const std::vector<const Value*> inputs = call_.inputs();
  const NodeCall told{flow_.phase().name, node_.name, node_.type->id, call_.key.step, call_.key.slot, inputs};
  observers.tell(Hears::Calls, [&](Observer& one) { one.call_begins(told); });
  call_.observers = &observers;
  try {
    process_new(frame);
  } catch (...) {
    call_.observers = nullptr;
    throw;
  }
  call_.observers = nullptr;
  observers.tell(Hears::Calls, [&](Observer& one) { one.call_ends(told); });
  const auto& drops = flow_.context().drops;
  if (drops && node_.source && !call_.dropped && drops(call_.key.phase, call_.key.step, call_.key.slot)) frame.drop("dropped for a trial");
}

void Body::process_in_stretch(Frame& frame, const ReadyTask& task) {
  ValueCache& cache = *flow_.context().cache;
  const bool is_observed = flow_.context().observers.looks_at_calls();
  StretchCall& stretch =
      task.ledger
          ->stretch_calls[static_cast<std::size_t>(flow_.layout().stretch_call[static_cast<std::size_t>(own_.stretch)] + task.place)];
  if (own_.position == 0) {
    stretch = {ValueCache::name_of(flow_.phase().stretches[static_cast<std::size_t>(own_.stretch)], call_.cell(0)), nullptr, {}, false};
    // An observer sees the values on all wires.
    if (!is_observed) stretch.kept = cache.find(stretch.name);
  }
  if (stretch.kept) {
    for (const auto& [position, sentence] : stretch.kept->notes)
      if (position == own_.position) frame.note(sentence);
    call_.puts[0] = own_.ends_stretch ? stretch.kept->value() : Value::of(Known{});
    if (own_.ends_stretch) stretch.kept.reset();
    return;
  }
  CallResult said;
  call_.said = &said;
  try {
    if (is_observed) process_observed(frame);
    else node_.node->process(frame);
  } catch (...) {
    call_.said = nullptr;
    throw;
  }
  call_.said = nullptr;
  for (std::string& sentence : said.notes) stretch.notes.emplace_back(own_.position, std::move(sentence));
  stretch.has_metrics = stretch.has_metrics || said.has_metrics;
  if (own_.ends_stretch && !stretch.has_metrics && !call_.dropped && call_.puts[0])
    cache.keep(stretch.name, call_.puts[0], std::move(stretch.notes));
}

void Body::process_new(Frame& frame) {
  CallMemory* memory = flow_.context().memory;
  if (!memory) return node_.node->process(frame);
  const std::optional<Fingerprint> fingerprint = memory->fingerprint(frame, call_);
  if (!fingerprint) {
    node_.node->process(frame);
  } else if (!memory->restore(*fingerprint, frame, call_)) {
    CallResult said;
    call_.said = &said;
    try {
      node_.node->process(frame);
    } catch (...) {
      call_.said = nullptr;
      throw;
    }
    call_.said = nullptr;
    memory->keep(*fingerprint, frame, call_, std::move(said));
  }
  memory->call_done(fingerprint, call_);
}

bool Body::pass_on(const ReadyTask& task, const Value& stone) {
  keep_tombstones(task, stone);
  return false;
}

void Body::fail(const ReadyTask& task) {
  try {
    throw;
  } catch (const ObserverFailure&) {
    throw;
  } catch (const RankLost&) {
    throw;
  } catch (...) {
    // The node failed.
  }
  const std::string cause = words_of_current_exception();
  const NodeError told = error(cause);
  if (!node_.skips_errors) throw told;
  // A failed sample counts as dropped, so its metrics must not count.
  forget_metrics(*task.ledger);
  flow_.skipped().add(node_.name, node_.origin, SkippedSamples::Why::Failed, task.step, call_.key.slot,
                      [&told] { return told.where + ": " + told.cause; });
  call_.dropped = cause;
  is_counted_ = true;
}

void Body::forget_metrics(Ledger& ledger) {
  std::vector<MetricEntry> forgotten;  // Destroyed without the lock, because the entries hold functions of the node.
  const std::lock_guard guard(ledger.notes);
  const auto first = std::stable_partition(ledger.metrics.begin(), ledger.metrics.end(), [this](const MetricEntry& one) {
    return one.node != call_.node_index || one.slot != call_.key.slot;
  });
  std::move(first, ledger.metrics.end(), std::back_inserter(forgotten));
  ledger.metrics.erase(first, ledger.metrics.end());
}

bool Body::drop(const ReadyTask& task) {
  const std::string& reason = *call_.dropped;
  // Later validations drop mostly the same samples, so only the first one counts them.
  if (!std::exchange(is_counted_, false) && flow_.key().occurrence == 0)
    flow_.skipped().add(node_.name, node_.origin, SkippedSamples::Why::Dropped, task.step, call_.key.slot,
                        [&] { return call_.where() + ": " + reason; });
  if (record::EventLog* log = flow_.context().log)
    log->add_note(json_line({{"dropped", node_.name},
                             {"phase", flow_.phase().name},
                             {"step", task.step},
                             {"slot", call_.key.slot},
                             {"reason", utf8_text(reason)}}));
  return pass_on(task, Value::of(Tombstone{reason}));
}

NodeError Body::nothing_put(int wire) const {
  return error("it put nothing into `" + std::string(flow_.phase().wires[static_cast<std::size_t>(wire)].port->name()) + "`");
}

bool Body::run_checked(const ReadyTask& task) {
  const Followed followed = sizes_read();
  if (!process(task)) return false;
  check_puts(task, followed);
  if (own_.is_recorded || flow_.context().observers.wants_values()) keep_outputs(task);
  else keep_slot(task);
  return true;
}

Body::Followed Body::sizes_read() {
  Followed out;
  for (std::size_t output = 0; output < node_.wires.size(); ++output) {
    const Wire& wire = flow_.phase().wires[static_cast<std::size_t>(node_.wires[output])];
    for (const Wire::Follows& one : wire.follows) {
      if (wire.contract.dims[static_cast<std::size_t>(one.axis)].is_known()) continue;
      FollowedSizes sizes{one.axis, {}};
      const auto add = [&](const Value& read) {
        if (!read || is_tombstone(read) || is_known(read)) return;
        const Contract contract = read.contract();
        const auto axis = static_cast<std::size_t>(one.input_axis);
        if (contract.has_shape && axis < contract.dims.size()) sizes.sizes.push_back(contract.dims[axis].size);
      };
      const StepCall* step = call_.step.get();
      const auto input = static_cast<std::size_t>(one.input);
      if (step && !step->gathered[input].empty())
        for (const Value* row : step->gathered[input]) add(*row);
      else add(call_.cell(one.input, one.member));
      const auto known = std::find_if(out.begin(), out.end(), [&](const auto& other) {
        return other.first == static_cast<int>(output) && other.second.axis == one.axis;
      });
      if (known == out.end()) out.emplace_back(static_cast<int>(output), std::move(sizes));
      else known->second.sizes.insert(known->second.sizes.end(), sizes.sizes.begin(), sizes.sizes.end());
    }
  }
  return out;
}

void Body::check_puts(const ReadyTask& task, const Followed& followed) {
  for (std::size_t output = 0; output < node_.wires.size(); ++output)
    if (const Value& put = call_.puts[output]) check_put(task, static_cast<int>(output), put, followed, {});
  if (!call_.step) return;
  for (const auto& [place, put] : call_.step->row_puts)
    check_put(task, place.first, put, followed, "row " + std::to_string(place.second) + " of ");
}

void Body::check_put(const ReadyTask& task, int output, const Value& value, const Followed& of_outputs, const std::string& where) {
  const Wire& wire = flow_.phase().wires[static_cast<std::size_t>(node_.wires[static_cast<std::size_t>(output)])];
  if (!is_promised(wire) || is_known(value)) return;
  std::vector<FollowedSizes> followed;
  for (const auto& [of, sizes] : of_outputs)
    if (of == output) followed.push_back(sizes);
  const bool has_rows = wire.grain == Grain::Step && wire.origin >= 0;
  const std::int64_t rows = has_rows ? task.ledger->rows[static_cast<std::size_t>(wire.origin)] : -1;
  const std::string broken = broken_promise(wire, value.contract(), rows, followed, where);
  if (broken.empty()) return;
  // What only was assumed is measured, and what it takes is counted.
  if (!wire.is_size_assumed) throw error("it puts " + broken);
  flow_.context().warn("`" + node_.name + "` (" + node_.type->id + ") puts something else into `" + std::string(wire.port->name()) +
                       "` than " + wire.contract.str() + ", as is assumed: a function that changes the shape states it");
}

std::span<const Sample> Body::samples_of(const ReadyTask& task, const Wire& wire, int place) const {
  if (wire.origin < 0) return {};
  const auto origin = static_cast<std::size_t>(wire.origin);
  const Sample* first = task.ledger->samples.data() + task.ledger->layout.sample[origin];
  if (place >= 0) return {first + place, 1};
  return {first, static_cast<std::size_t>(task.ledger->rows[origin])};
}

void Body::tell_put(const ReadyTask& task, int wire_index, int place, const Value& value) {
  Observers& observers = flow_.context().observers;
  const Wire& wire = flow_.phase().wires[static_cast<std::size_t>(wire_index)];
  const StepCall* step = call_.step.get();
  const int slot = place < 0 ? -1 : flow_.slot_of(place);
  const bool has_rows = place < 0 && wire.origin >= 0 && wire.origin == node_.origin;
  const std::span<const float> weights =
      has_rows && step && step->rows ? std::span<const float>(step->rows->weights) : std::span<const float>();
  const PutValue put{flow_.phase().name,           node_.name, wire.port->name(), task.step, slot, value, wire.contract, weights,
                     samples_of(task, wire, place)};
  observers.tell(Hears::Values, [&](Observer& one) { one.value_put(put); });
  if (wire.is_recorded && flow_.records(task.step)) flow_.record(put);
  if (!observers.is_asked(flow_.phase_index(), wire_index)) return;
  const Value on_host = node_.segment >= 0 ? flow_.context().lane->fetch(value) : value;
  observers.answer(flow_.phase_index(), wire_index,
                   {put.phase, put.node, put.port, put.step, slot, on_host, put.promised, weights, put.samples});
}

void Body::keep_outputs(const ReadyTask& task) {
  const bool is_observed = is_looked_at(task);
  for (std::size_t output = 0; output < node_.wires.size(); ++output) {
    const int wire_index = node_.wires[output];
    const Wire& wire = flow_.phase().wires[static_cast<std::size_t>(wire_index)];
    if (wire.port->kind() == PortKind::Scatter) {
      if (!wire.readers.empty() || is_observed) keep_rows(task, static_cast<int>(output), wire, wire_index);
      continue;
    }
    Value& put = call_.puts[output];
    if (!put) {
      if (!wire.readers.empty()) throw nothing_put(wire_index);
      continue;
    }
    if (is_observed && !is_known(put)) tell_put(task, wire_index, node_.grain == Grain::Slot ? task.place : -1, put);
    if (wire.readers.empty()) continue;
    if (node_.grain == Grain::Step && wire.origin == node_.origin)
      task.ledger->row_states[static_cast<std::size_t>(wire_index)] = call_.step->rows;
    if (node_.segment >= 0) task.ledger->device[static_cast<std::size_t>(wire_index)] = std::move(put);
    else
      flow_.workers().store(first_cell(wire_index) + (node_.grain == Grain::Slot ? static_cast<std::size_t>(task.place) : 0), *task.ledger,
                            std::move(put), chain_);
  }
}

/// Counts and logs the samples that the node dropped in its step.
void Body::tell_dropped_rows(const ReadyTask& task) {
  const StepCall& step = *call_.step;
  for (const auto& [row, reason] : step.row_drops) {
    if (step.rows && step.rows->weights[static_cast<std::size_t>(row)] == 0) continue;
    const int slot = task.ledger->layout.share.slot_of(row);
    const auto sample = static_cast<std::size_t>(task.ledger->layout.sample[static_cast<std::size_t>(node_.origin)] + row);
    const std::string& id = task.ledger->samples[sample].id;
    if (flow_.key().occurrence == 0)
      flow_.skipped().add(node_.name, node_.origin, SkippedSamples::Why::Dropped, task.step, slot, [&, &why = reason] {
        return call_.where() + ", slot " + std::to_string(slot) + (id.empty() ? "" : ", sample `" + id + "`") + ": " + why;
      });
    if (record::EventLog* log = flow_.context().log)
      log->add_note(json_line(
          {{"dropped", node_.name}, {"phase", flow_.phase().name}, {"step", task.step}, {"slot", slot}, {"reason", utf8_text(reason)}}));
  }
}

void Body::keep_rows(const ReadyTask& task, int output, const Wire& wire, int wire_index) {
  StepCall& step = *call_.step;
  const bool is_observed = is_looked_at(task);
  const int count = task.ledger->rows[static_cast<std::size_t>(wire.origin)];
  for (int row = 0; row < count; ++row) {
    const bool is_dead = step.rows && step.rows->weights[static_cast<std::size_t>(row)] == 0;
    const auto dropped = step.row_drops.find(row);
    Value value = is_dead                           ? Value::of(Tombstone{step.rows->reasons[static_cast<std::size_t>(row)]})
                  : dropped != step.row_drops.end() ? Value::of(Tombstone{dropped->second})
                                                    : std::move(step.row_puts[{output, row}]);
    if (!value) throw error("it put nothing into row " + std::to_string(row) + " of `" + std::string(wire.port->name()) + "`");
    if (is_observed) tell_put(task, wire_index, row, value);
    if (wire.readers.empty()) continue;
    const std::size_t cell = first_cell(wire_index) + static_cast<std::size_t>(row);
    if (node_.segment >= 0) chain_.leaving.emplace_back(cell, std::move(value));
    else flow_.workers().store(cell, *task.ledger, std::move(value), chain_);
  }
}

void Body::keep_tombstones(const ReadyTask& task, const Value& stone) {
  Workers& workers = flow_.workers();
  const StepCall* step = call_.step.get();
  const std::shared_ptr<const RowState> rows = step ? step->rows : nullptr;
  for (const int wire_index : node_.wires) {
    const Wire& wire = flow_.phase().wires[static_cast<std::size_t>(wire_index)];
    if (wire.readers.empty()) continue;
    const bool has_reasons = rows && wire.origin == node_.origin;
    if (node_.grain == Grain::Slot) {
      workers.store(first_cell(wire_index) + static_cast<std::size_t>(task.place), *task.ledger, stone, chain_);
    } else if (wire.grain == Grain::Slot) {
      for (int row = 0; row < task.ledger->rows[static_cast<std::size_t>(wire.origin)]; ++row)
        workers.store(first_cell(wire_index) + static_cast<std::size_t>(row), *task.ledger,
                      has_reasons ? Value::of(Tombstone{rows->reasons[static_cast<std::size_t>(row)]}) : stone, chain_);
    } else if (node_.segment >= 0) {
      if (has_reasons) task.ledger->row_states[static_cast<std::size_t>(wire_index)] = rows;
      task.ledger->device[static_cast<std::size_t>(wire_index)] = stone;
    } else {
      if (has_reasons) task.ledger->row_states[static_cast<std::size_t>(wire_index)] = rows;
      workers.store(first_cell(wire_index), *task.ledger, stone, chain_);
    }
  }
}

}  // namespace leat::run
