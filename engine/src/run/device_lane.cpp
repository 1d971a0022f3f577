#include "run/device_lane.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/json.h"
#include "leat/thrown.h"
#include "run/body.h"
#include "run/chain.h"
#include "run/flow.h"
#include "run/in_name_of.h"
#include "run/merged_step.h"
#include "run/named_call.h"

namespace leat::run {

namespace {

void lower(RunContext& context) {
  context.on_lane.fetch_sub(1, std::memory_order_release);
  context.on_lane.notify_all();
}

}  // namespace

DeviceLane::DeviceLane(Flow& flow, CheckpointBorders& borders, std::int64_t first_step)
    : flow_(flow),
      context_(flow.context()),
      phase_(flow.phase()),
      layout_(flow.layout()),
      borders_(borders),
      queue_(static_cast<int>(phase_.segments.size()), first_step),
      first_step_(first_step) {
  if (context_.ranks && phase_.share.ranks > 1) whole_ = std::make_unique<WholeStep>(phase_, *context_.ranks);
  for (const Segment& segment : phase_.segments) {
    const std::string why = context_.lane->captures() ? why_unequal(segment) : std::string();
    can_repeat_.push_back(context_.lane->captures() && why.empty());
    has_states_.push_back(std::any_of(segment.nodes.begin(), segment.nodes.end(),
                                      [this](int node) { return phase_.nodes[static_cast<std::size_t>(node)].is_ordered(); }));
    if (!why.empty())
      context_.warn("`--lane captured` runs the segment of `" + phase_.nodes[static_cast<std::size_t>(segment.nodes.front())].name +
                    "` in `" + phase_.name + "` as `--lane async` does: " + why);
  }
  has_run_.resize(phase_.segments.size());
  if (!phase_.segments.empty()) context_.lane->begin_phase();
}

void DeviceLane::add(const ReadyTask& segment) { submit(queue_.add(segment)); }

void DeviceLane::submit(const std::optional<ReadyTask>& segment) {
  if (!segment) return;
  context_.on_lane.fetch_add(1, std::memory_order_relaxed);
  try {
    context_.lane->submit([this, &context = context_, task = *segment] {
      run(task);
      // From here on the flow can be destroyed.
      lower(context);
    });
  } catch (...) {
    context_.fail(std::make_exception_ptr(std::runtime_error("the device lane does not take work: " + words_of_current_exception())));
    lower(context_);
  }
}

void DeviceLane::run(const ReadyTask& segment) noexcept {
  if (context_.has_failed) return;
  Chain chain(flow_, flow_.key());
  const NamedCall named(chain.call);
  ThreadPlace& thread = context_.threads.mine();
  thread.is_lane.store(true, std::memory_order_relaxed);
  chain.running = &thread.running;
  try {
    Given given{segment, {}};
    const std::int64_t begin = whole_ ? context_.ticks.now() : 0, waited_before = whole_ ? context_.ranks->waited_ns() : 0;
    if (whole_) begin_step_of_ranks(segment);
    const SegmentCall told{phase_.name, segment.step, segment.place};
    context_.observers.tell(Hears::Segments, [&](Observer& one) { one.segment_begins(told); });
    context_.lane->enter(phase_.kind == PhaseKind::Train);
    context_.lane->run(work_of(segment), [&] { run_nodes(given, chain); });
    if (const std::string note = context_.lane->take_note(); !note.empty()) context_.warn(note);
    keep_results(segment, chain);
    chain.running->end();
    chain.call.node = nullptr;
    context_.observers.tell(Hears::Segments, [&](Observer& one) { one.segment_ends(told); });
    if (whole_) add_times(begin, waited_before);
    Ledger& ledger = *segment.ledger;
    queue_.ran(segment);
    if (segment.place + 1 == static_cast<int>(phase_.segments.size()) && borders_.is_due(segment.step + 1)) {
      save_resources(*context_.program, ledger.resources);
      ledger.has_border = true;
    }
    chain.ledger = &ledger;
    flow_.workers().settle(chain);
    given.leaving = std::move(chain.leaving);
    ++given_;
    context_.on_lane.fetch_add(1, std::memory_order_relaxed);
    try {
      context_.lane->when_done([this, &context = context_, given = std::move(given)](const std::exception_ptr& error) {
        end(given, error);
        // From here on the flow can be destroyed, if the lane's thread is through too.
        lower(context);
      });
    } catch (...) {
      lower(context_);
      throw;
    }
    submit(queue_.go_on());
  } catch (...) {
    try {
      throw_named();
    } catch (...) {
      context_.fail(chain.call.named_exception());
    }
  }
}

void DeviceLane::end(const Given& given, const std::exception_ptr& error) noexcept {
  if (context_.has_failed) return;
  Chain chain(flow_, flow_.key());
  const ReadyTask& segment = given.segment;
  try {
    if (error) std::rethrow_exception(error);
    ++ended_;
    if (context_.log && context_.lane->is_async()) log_end(given);
    Ledger& ledger = *segment.ledger;
    for (const auto& [cell, value] : given.leaving)
      flow_.workers().store(cell, ledger, is_tombstone(value) ? value : context_.lane->fetch(value), chain);
    for (const int index : phase_.segments[static_cast<std::size_t>(segment.place)].nodes)
      flow_.workers().publish_step(phase_.nodes[static_cast<std::size_t>(index)], ledger, nullptr);
    chain.ledger = &ledger;
    chain.done = 1;
    flow_.workers().settle(chain);
  } catch (...) {
    context_.fail(std::make_exception_ptr(std::runtime_error("step " + std::to_string(segment.step) + " of `" + phase_.name +
                                                             "` failed on the device: " + words_of_current_exception())));
  }
}

void DeviceLane::read(const std::function<void()>& work) {
  try {
    context_.lane->read(work);
  } catch (...) {
    throw_named();
  }
}

void DeviceLane::throw_named() const {
  const auto segments = static_cast<std::int64_t>(phase_.segments.size());
  const std::int64_t ended = ended_, given = given_;
  if (!context_.lane->is_async() || !context_.lane->is_device_fault(std::current_exception())) throw;
  const std::int64_t first = first_step_ + ended / segments, last = first_step_ + given / segments;
  throw std::runtime_error(
      (first == last ? "step " + std::to_string(first) : "one of the steps " + std::to_string(first) + " to " + std::to_string(last)) +
      " of `" + phase_.name + "` failed on the device: " + words_of_current_exception());
}

/// The last node of a segment stands for the time until the device was through. The device runs one segment after another.
void DeviceLane::log_end(const Given& given) {
  Workers& workers = flow_.workers();
  const std::int64_t end = workers.clock(), begin = std::max(given.begin, device_end_);
  const int last = phase_.segments[static_cast<std::size_t>(given.segment.place)].nodes.back();
  workers.log(context_.log->of_this_thread(), {given.segment.step, 0, given.segment.ledger, given.since}, -1, last, begin, end,
              given.has_run);
  device_end_ = end;
}

void DeviceLane::upload_inputs(const Segment& segment, Ledger& ledger) {
  for (const int index : segment.nodes)
    for (const BoundInput& input : phase_.nodes[static_cast<std::size_t>(index)].inputs)
      for (const Feed& feed : input.feeds) {
        const auto wire = static_cast<std::size_t>(feed.wire);
        const Value& held = ledger.cells[static_cast<std::size_t>(layout_.cell[wire])];
        if (phase_.wires[wire].grain == Grain::Step && held && !ledger.device[wire])
          ledger.device[wire] = is_tombstone(held) ? held : context_.lane->upload(held);
      }
}

void DeviceLane::add_leaving(const ProgramNode& node, const Ledger& ledger, Chain& chain) {
  for (const int wire_index : node.wires) {
    const Wire& wire = phase_.wires[static_cast<std::size_t>(wire_index)];
    if (wire.grain == Grain::Slot || wire.stays_in_segment || wire.readers.empty()) continue;
    chain.leaving.emplace_back(static_cast<std::size_t>(layout_.cell[static_cast<std::size_t>(wire_index)]),
                               ledger.device[static_cast<std::size_t>(wire_index)]);
  }
}

void DeviceLane::run_nodes(Given& given, Chain& chain) {
  const ReadyTask& task = given.segment;
  const Segment& segment = phase_.segments[static_cast<std::size_t>(task.place)];
  Ledger& ledger = *task.ledger;
  Workers& workers = flow_.workers();
  upload_inputs(segment, ledger);
  given.end = task.since;
  std::span<const int> rest = segment.nodes;
  while (!rest.empty()) {
    const int first = rest.front(), pass = phase_.nodes[static_cast<std::size_t>(first)].merged_pass;
    const MergedPass* merged = pass < 0 ? nullptr : &phase_.merged_passes[static_cast<std::size_t>(pass)];
    const std::span<const int> nodes = rest.first(merged ? merged->nodes.size() : 1);
    rest = rest.subspan(nodes.size());
    const std::int64_t begin = workers.clock();
    chain.running->begin(flow_.phase_index(), first, task.step, -1, begin);
    const ReadyTask step{task.step, 0, &ledger, task.since};
    given.has_run = true;
    if (merged) run_merged(flow_, *merged, step, chain);
    else if (whole_ && phase_.nodes[static_cast<std::size_t>(first)].sees_all_ranks) given.has_run = run_on_all_rows(first, task, chain);
    else given.has_run = Body(flow_, first, chain).run(step);
    for (const int index : nodes) {
      add_leaving(phase_.nodes[static_cast<std::size_t>(index)], ledger, chain);
      workers.release_step(phase_.nodes[static_cast<std::size_t>(index)], ledger, chain);
    }
    log_calls(given, nodes, begin, workers.clock());
  }
}

void DeviceLane::log_calls(Given& given, std::span<const int> nodes, std::int64_t begin, std::int64_t end) {
  const ReadyTask& task = given.segment;
  const auto rows_of = [&](int node) {
    const int origin = phase_.nodes[static_cast<std::size_t>(node)].origin;
    return origin < 0 ? std::int64_t{1} : std::int64_t{task.ledger->rows[static_cast<std::size_t>(origin)]};
  };
  std::int64_t rows = 0, rows_before = 0;
  for (const int node : nodes) rows += rows_of(node);
  const int last = phase_.segments[static_cast<std::size_t>(task.place)].nodes.back();
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    const auto at = [&](std::int64_t row) { return nodes.size() == 1 ? end : begin + (end - begin) * row / rows; };
    given.since = given.end;
    given.begin = k == 0 ? begin : given.end;
    rows_before += rows_of(nodes[k]);
    given.end = at(rows_before);
    const bool ends_later = nodes[k] == last && context_.lane->is_async();
    if (context_.log && !ends_later)
      flow_.workers().log(context_.log->of_this_thread(), {task.step, 0, task.ledger, given.since}, -1, nodes[k], given.begin, given.end,
                          given.has_run);
  }
}

bool DeviceLane::run_on_all_rows(int index, const ReadyTask& task, Chain& chain) {
  const ProgramNode& node = phase_.nodes[static_cast<std::size_t>(index)];
  whole_->collect(node, *task.ledger);
  const bool has_run = Body(flow_, index, chain).run({task.step, 0, &whole_->ledger(), task.since});
  whole_->give_back(node, *task.ledger);
  return has_run;
}

void DeviceLane::begin_step_of_ranks(const ReadyTask& segment) {
  if (segment.place > 0) return;
  whole_->begin(*segment.ledger);
  Packed own;
  own.add(segment.step);
  own.add(std::int64_t{context_.wants_stop});
  own.add(own_times_.compute_ns);
  own.add(own_times_.data_ns);
  own_times_ = {};
  bool is_last = false;
  std::vector<RankTimes> times;
  for (const std::string& message : context_.ranks->gather(own.text())) {
    Unpacked from(message);
    if (const std::int64_t step = from.number(); step != segment.step)
      throw std::runtime_error(context_.ranks->name_of(static_cast<int>(times.size())) + " begins step " + std::to_string(step) + ", but " +
                               context_.ranks->name_of(context_.ranks->rank()) + " begins step " + std::to_string(segment.step));
    if (from.number() != 0) is_last = true;
    const std::int64_t compute = from.number();
    times.push_back({compute, from.number()});
  }
  if (segment.step > first_step_) {
    skew_.add(times);
    recent_skew_.add(times);
    if (static_cast<double>(context_.ticks.now() - noted_at_) * context_.ticks.ns_per_tick() >= 1e9) note_ranks();
  }
  if (is_last) context_.cut_off();
}

void DeviceLane::note_ranks() {
  if (!context_.log || recent_skew_.steps() == 0) return;
  nlohmann::json ranks = nlohmann::json::array();
  for (int rank = 0; rank < context_.ranks->size(); ++rank) {
    const RankTimes& one = recent_skew_.sums()[static_cast<std::size_t>(rank)];
    ranks.push_back({{"name", context_.ranks->name_of(rank)},
                     {"compute_s", static_cast<double>(one.compute_ns) * 1e-9},
                     {"data_s", static_cast<double>(one.data_ns) * 1e-9}});
  }
  context_.log->add_note(
      json_line({{"ranks", ranks}, {"phase", phase_.name}, {"steps", recent_skew_.steps()}, {"ns", context_.log->now()}}));
  noted_at_ = context_.ticks.now();
  recent_skew_ = {};
}

std::string DeviceLane::end_ranks() {
  if (!whole_) return {};
  note_ranks();
  return skew_.late_rank(*context_.ranks);
}

/// Adds the time of a segment to that of this rank: the time since the segment before is that in which it waited for its workers.
void DeviceLane::add_times(std::int64_t begin, std::int64_t waited_before) {
  const std::int64_t end = context_.ticks.now();
  const auto ns = [this](std::int64_t ticks) {
    return static_cast<std::int64_t>(static_cast<double>(ticks) * context_.ticks.ns_per_tick());
  };
  const bool was_paused = std::exchange(pauses_, context_.pauses.load()) != pauses_;
  if (!was_held_.exchange(false) && !was_paused) own_times_.data_ns += ns(begin - idle_since_);
  own_times_.compute_ns += ns(end - begin) - (context_.ranks->waited_ns() - waited_before);
  idle_since_ = end;
}

std::string DeviceLane::why_unequal(const Segment& segment) const {
  if (whole_) return "its nodes exchange values with other ranks";
  for (const int index : segment.nodes) {
    const ProgramNode& node = phase_.nodes[static_cast<std::size_t>(index)];
    if (!node.node->has_equal_steps())
      return "`" + node.name + "` (" + node.type->id + ") does not say that its steps are alike (`Node::has_equal_steps`)";
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds) {
        const Wire& wire = phase_.wires[static_cast<std::size_t>(feed.wire)];
        if (std::find(segment.nodes.begin(), segment.nodes.end(), wire.node) != segment.nodes.end()) continue;
        // The rows of a step are known when it begins.
        const auto first = wire.contract.dims.begin() + (wire.grain == Grain::Step && !wire.contract.dims.empty() ? 1 : 0);
        if (wire.contract.is_open || !std::all_of(first, wire.contract.dims.end(), [](const Dim& dim) { return dim.is_known(); }))
          return "`" + phase_.nodes[static_cast<std::size_t>(wire.node)].name + "` gives it values of unknown size, " + wire.contract.str();
      }
  }
  return {};
}

SegmentWork DeviceLane::work_of(const ReadyTask& task) {
  const auto place = static_cast<std::size_t>(task.place);
  SegmentWork out{phase_.name, task.place, task.ledger->rows, can_repeat_[place] && is_regular(task)};
  // States begin anew in each occurrence of a phase, so the first step gives the device different operations than later ones.
  if (has_states_[place] && !has_run_[place]) out.is_regular = false;
  has_run_[place] = true;
  return out;
}

bool DeviceLane::is_regular(const ReadyTask& task) const {
  if (whole_ || context_.memory || context_.observers.wants_values()) return false;
  const Ledger& ledger = *task.ledger;
  for (const int index : phase_.segments[static_cast<std::size_t>(task.place)].nodes) {
    const ProgramNode& node = phase_.nodes[static_cast<std::size_t>(index)];
    if (layout_.slots[static_cast<std::size_t>(index)].is_recorded && flow_.records(task.step)) return false;
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds) {
        const auto wire = static_cast<std::size_t>(feed.wire);
        const bool is_slot = phase_.wires[wire].grain == Grain::Slot;
        const int count = is_slot ? ledger.rows[static_cast<std::size_t>(phase_.wires[wire].origin)] : 1;
        const auto first = ledger.cells.begin() + layout_.cell[wire];
        if (is_tombstone(ledger.device[wire]) || std::any_of(first, first + count, is_tombstone)) return false;
        const auto& rows = ledger.row_states[wire];
        if (rows && std::any_of(rows->weights.begin(), rows->weights.end(), [](float weight) { return weight != 1; })) return false;
      }
  }
  return true;
}

void DeviceLane::keep_results(const ReadyTask& task, Chain& chain) {
  const auto keep = [this](Value value) { return !value || is_tombstone(value) ? value : context_.lane->keep(std::move(value)); };
  for (auto& [cell, value] : chain.leaving) value = keep(std::move(value));
  for (const int index : phase_.segments[static_cast<std::size_t>(task.place)].nodes) {
    const ProgramNode& node = phase_.nodes[static_cast<std::size_t>(index)];
    for (const int wire : node.wires)
      if (Value& held = task.ledger->device[static_cast<std::size_t>(wire)]; held) held = keep(std::move(held));
    for (std::size_t k = 0; k < node.node->states().size(); ++k) flow_.states().now(index, static_cast<int>(k)).keep(keep);
    if (node.is_ordered()) flow_.states().remember(index, task.step + 1);
  }
}

void save_resources(const Program& program, std::map<std::string, Archive>& saved) {
  for (const ProgramResource& one : program.resources) {
    Archive archive;
    in_name_of(one, "its saving", [&] { one.resource->save(archive); });
    if (!archive.entries().empty() || !archive.metadata.empty()) saved[one.name] = std::move(archive);
  }
}

}  // namespace leat::run
