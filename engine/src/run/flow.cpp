#include "run/flow.h"

#include <algorithm>
#include <cstdlib>
#include <tuple>
#include <utility>

#include "run/body.h"
#include "run/site.h"

namespace leat::run {

void Shared::add_bytes(std::int64_t change, std::int64_t most) {
  const std::int64_t now = bytes.fetch_add(change, std::memory_order_relaxed) + most;
  if (most <= 0) return;
  std::int64_t peak = peak_bytes.load(std::memory_order_relaxed);
  while (now > peak && !peak_bytes.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
  }
}

void Shared::fail(std::exception_ptr error) {
  const std::lock_guard guard(lock_);
  if (!error_) error_ = std::move(error);
  has_failed = true;
}

std::exception_ptr Shared::error() {
  const std::lock_guard guard(lock_);
  return error_;
}

Flow::Flow(Shared& shared, ProgramPhase& phase, FlowOptions options)
    : shared_(shared),
      phase_(phase),
      options_(std::move(options)),
      layout_(phase),
      phase_index_(static_cast<int>(&phase - shared.program->phases.data())),
      stations_(phase.nodes.size()),
      history_(phase.nodes.size()) {
  int most_rows = 1;
  for (const Origin& origin : phase.origins) most_rows = std::max(most_rows, origin.rows);
  ones_.assign(static_cast<std::size_t>(most_rows), 1.0f);
  for (const ProgramNode& node : phase.nodes) {
    NodeStates& states = states_.emplace_back();
    for (const StatePort* port : node.node->states()) states.push_back(port->make());
    RandomKey key;
    key.key = RandomKey::of(shared.program->settings.seed, phase.name, node.name);
    keys_.push_back(key);
  }
  for (int k = 0; k < phase.credits; ++k) free_.push_back(ledgers_.emplace_back(std::make_unique<Ledger>(phase, layout_)).get());
  next_step_ = retired_ = lane_step_ = lane_limit_ = limit_ = options_.first_step;
  end_step_ = options_.end_step;
}

Flow::~Flow() { abandon(); }

void Flow::load_states(const Archive& states) {
  for (std::size_t k = 0; k < phase_.nodes.size(); ++k)
    for (const StatePort* port : phase_.nodes[k].node->states())
      states_[k][static_cast<std::size_t>(port->index())]->load(states, phase_.nodes[k].name + "." + std::string(port->name()));
}

void Flow::start() {
  for (std::size_t k = 0; k < stations_.size(); ++k) {
    stations_[k].start(phase_.nodes[k].is_ordered(), options_.first_step, shared_.executor->threads());
    remember(static_cast<int>(k), options_.first_step);
  }
  std::unique_lock guard(lock_);
  admit(guard);
}

FrameKey Flow::frame_key(std::int64_t step, int slot) const {
  return {phase_.name, phase_.kind, options_.occurrence, step, phase_.kind == PhaseKind::Train ? phase_.steps : 0, slot};
}

// ---- admission and retirement ----

/// Loaders run ahead of a device lane, which waits at the limit; a phase without one waits there itself.
std::int64_t Flow::admission_end() const { return phase_.segments.empty() ? std::min(end_step_, limit_) : end_step_; }

void Flow::admit(std::unique_lock<std::mutex>& guard) {
  while (next_step_ < admission_end() && !free_.empty() && !shared_.has_failed) {
    Ledger* ledger = free_.back();
    free_.pop_back();
    ledger->is_finished = false;
    const std::int64_t step = next_step_++;
    open_[step] = ledger;
    guard.unlock();
    open(*ledger, step);
    guard.lock();
  }
}

void Flow::open(Ledger& ledger, std::int64_t step) {
  ledger.step = step;
  ledger.has_border = false;
  ledger.resources.clear();
  for (std::size_t k = 0; k < phase_.origins.size(); ++k) {
    const Origin& origin = phase_.origins[k];
    std::int64_t rows = origin.rows;
    if (phase_.kind != PhaseKind::Train) {
      const Source& source = *phase_.nodes[static_cast<std::size_t>(origin.source)].source;
      rows = std::clamp<std::int64_t>(source.length() - step * origin.rows, 0, origin.rows);
    }
    ledger.rows[k] = static_cast<int>(rows);
    for (std::int64_t slot = 0; slot < rows; ++slot) ledger.samples[static_cast<std::size_t>(layout_.sample[k] + slot)] = Sample();
  }
  int outstanding = 0;
  for (std::size_t k = 0; k < phase_.nodes.size(); ++k) {
    const ProgramNode& node = phase_.nodes[k];
    if (node.grain != Grain::Slot) continue;
    const int rows = ledger.rows[static_cast<std::size_t>(node.origin)];
    const int arrivals = static_cast<int>(layout_.slots[k].reads.size());
    for (int slot = 0; slot < rows; ++slot) ledger.missing[static_cast<std::size_t>(layout_.unit[k] + slot)].store(arrivals, std::memory_order_relaxed);
    outstanding += rows;
  }
  std::vector<int> ready_now;
  for (const Origin& origin : phase_.origins) {
    const auto source = static_cast<std::size_t>(origin.source);
    for (int slot = 0; slot < ledger.rows[static_cast<std::size_t>(phase_.nodes[source].origin)]; ++slot) ready_now.push_back(layout_.unit[source] + slot);
  }
  for (const Layout::StepUnit& one : layout_.step_units) {
    int arrivals = one.values;
    for (const int origin : one.gathered) arrivals += ledger.rows[static_cast<std::size_t>(origin)];
    ledger.missing[static_cast<std::size_t>(one.unit)].store(arrivals, std::memory_order_relaxed);
    if (arrivals == 0) ready_now.push_back(one.unit);
    ++outstanding;
  }
  for (std::size_t k = 0; k < phase_.wires.size(); ++k) {
    const Wire& wire = phase_.wires[k];
    const int cells = wire.grain == Grain::Slot ? ledger.rows[static_cast<std::size_t>(wire.origin)] : 1;
    for (int cell = 0; cell < cells; ++cell) ledger.unread[static_cast<std::size_t>(layout_.cell[k] + cell)].store(layout_.readers[k], std::memory_order_relaxed);
    ledger.row_states[k] = nullptr;
  }
  ledger.outstanding.store(outstanding, std::memory_order_release);
  log_step(step, record::EventKind::Admitted);
  // After the last of them the ledger may be through already.
  for (const int unit : ready_now) ready_unit(unit, ledger);
}

void Flow::units_done(Ledger& ledger, int count) {
  if (ledger.outstanding.fetch_sub(count, std::memory_order_acq_rel) != count) return;
  std::unique_lock guard(lock_);
  ledger.is_finished = true;
  // One thread retires at a time, in step order; who finds it busy leaves its ledger to that one.
  if (is_retiring_) return;
  is_retiring_ = true;
  while (!open_.empty() && open_.begin()->second->is_finished && !shared_.has_failed) {
    Ledger* oldest = open_.begin()->second;
    guard.unlock();
    try {
      retire(*oldest);
    } catch (...) {
      shared_.fail(std::current_exception());
    }
    guard.lock();
    open_.erase(oldest->step);
    free_.push_back(oldest);
    retired_ = oldest->step + 1;
    admit(guard);
  }
  is_retiring_ = false;
  // Not for every step: waking the thread that waits costs more than a step of small nodes.
  if (is_through()) moved_.notify_all();
}

/// What nodes measured in this step, in the order of nodes; what a node measured for each slot becomes one mean.
std::vector<std::pair<std::string, double>> Flow::step_metrics(Ledger& ledger) const {
  std::stable_sort(ledger.metrics.begin(), ledger.metrics.end(),
                   [](const MetricEntry& a, const MetricEntry& b) { return std::tie(a.node, a.slot) < std::tie(b.node, b.slot); });
  std::vector<std::pair<std::string, double>> metrics;
  std::map<std::string, std::pair<std::size_t, int>> known;  // where it stands, how many it is the sum of
  for (MetricEntry& entry : ledger.metrics) {
    const ProgramNode& node = phase_.nodes[static_cast<std::size_t>(entry.node)];
    if (entry.later) {
      try {
        entry.number = entry.later();
      } catch (const std::exception& failed) {
        throw NodeError(node.name, node.type->id, node.place, "step " + std::to_string(ledger.step) + " of `" + phase_.name + "`", failed.what());
      }
    }
    const std::string name = node.name + "." + entry.name;
    const auto [at, is_new] = known.try_emplace(name, metrics.size(), 0);
    if (is_new) metrics.emplace_back(name, 0.0);
    metrics[at->second.first].second += entry.number;
    ++at->second.second;
  }
  for (const auto& [name, entry] : known) metrics[entry.first].second /= entry.second;
  return metrics;
}

void Flow::retire(Ledger& ledger) {
  log_step(ledger.step, record::EventKind::Retired);
  RetiredStep retired;
  retired.step = ledger.step;
  for (const int rows : ledger.rows) retired.images += rows;
  retired.metrics = step_metrics(ledger);
  ledger.metrics.clear();
  ledger.warnings.clear();
  const std::int64_t done = ledger.step + 1;
  bool is_asked = false;
  if (phase_.kind == PhaseKind::Train) {
    const std::lock_guard guard(lane_lock_);
    is_asked = border_ == done;
  }
  if (ledger.has_border || is_asked || (options_.checkpoint_every > 0 && done % options_.checkpoint_every == 0)) {
    // Without a segment nothing changes resources, so they are saved here.
    if (!ledger.has_border) save_border(ledger);
    retired.has_border = true;
    retired.resources = std::move(ledger.resources);
    retired.states = states_at(done);
  }
  if (options_.retired) options_.retired(std::move(retired));
}

void Flow::run_until(std::int64_t limit) {
  Item item;
  bool has_segment = false;
  {
    std::unique_lock guard(lock_);
    limit_ = limit;
    {
      const std::lock_guard lane_guard(lane_lock_);
      // A stop may have come already.
      lane_limit_ = std::min(limit, end_step_);
      has_segment = claim_segment(item);
    }
    admit(guard);
  }
  if (has_segment) post_segment(item);
  std::unique_lock guard(lock_);
  moved_.wait(guard, [&] { return is_through(); });
}

bool Flow::is_through() const { return retired_ >= std::min(limit_, end_step_) || shared_.has_failed; }

void Flow::wake() {
  const std::lock_guard guard(lock_);
  moved_.notify_all();
}

void Flow::cut_off() {
  std::unique_lock guard(lock_);
  const std::lock_guard lane_guard(lane_lock_);
  std::int64_t last = next_step_;
  if (!phase_.segments.empty()) last = lane_step_ + (lane_is_busy_ || lane_segment_ > 0 ? 1 : 0);
  end_step_ = std::min(end_step_, last);
  lane_limit_ = std::min(lane_limit_, end_step_);
  border_ = end_step_;
  moved_.notify_all();
}

void Flow::abandon() {
  for (auto& [step, ledger] : open_) {
    for (std::size_t k = 0; k < ledger->cells.size(); ++k) {
      shared_.add_bytes(-std::exchange(ledger->sizes[k], 0), 0);
      ledger->cells[k].reset();
    }
    for (Value& value : ledger->device) value.reset();
    ledger->metrics.clear();
  }
  open_.clear();
}

std::vector<std::pair<std::string, double>> Flow::finish() {
  std::vector<std::pair<std::string, double>> metrics;
  for (const int index : phase_.order) {
    const ProgramNode& node = phase_.nodes[static_cast<std::size_t>(index)];
    Frame::Site site(*this, index, nullptr, retired_, -1);
    site.finished = &metrics;
    Frame frame(site);
    try {
      node.node->finish(frame);
    } catch (const std::exception& failed) {
      throw NodeError(node.name, node.type->id, node.place, "the end of `" + phase_.name + "`", failed.what());
    }
  }
  return metrics;
}

// ---- states ----

void Flow::remember(int node, std::int64_t steps_done) {
  const ProgramNode& one = phase_.nodes[static_cast<std::size_t>(node)];
  if (!one.is_ordered() || phase_.kind != PhaseKind::Train) return;
  NodeStates copies;
  for (const auto& state : states_[static_cast<std::size_t>(node)]) copies.push_back(state->copy());
  const std::lock_guard guard(history_lock_);
  auto& kept = history_[static_cast<std::size_t>(node)];
  kept.emplace_back(steps_done, std::move(copies));
  while (kept.size() > static_cast<std::size_t>(phase_.credits) + 1) kept.pop_front();
}

Archive Flow::states_at(std::int64_t steps_done) {
  Archive archive;
  const std::lock_guard guard(history_lock_);
  for (std::size_t k = 0; k < phase_.nodes.size(); ++k) {
    const ProgramNode& node = phase_.nodes[k];
    if (!node.is_ordered()) continue;
    const auto found = std::find_if(history_[k].begin(), history_[k].end(), [&](const auto& entry) { return entry.first == steps_done; });
    LEAT_CHECK(found != history_[k].end());
    for (const StatePort* port : node.node->states())
      found->second[static_cast<std::size_t>(port->index())]->save(archive, node.name + "." + std::string(port->name()));
  }
  return archive;
}

// ---- arrivals ----

void Flow::ready_unit(int unit, Ledger& ledger) {
  if (unit >= layout_.first_segment_unit) {
    add_segment({ledger.step, unit - layout_.first_segment_unit, &ledger, clock()});
    return;
  }
  const int node = layout_.node_of_unit[static_cast<std::size_t>(unit)];
  ready(node, unit - layout_.unit[static_cast<std::size_t>(node)], ledger, nullptr);
}

void Flow::ready(int node, int slot, Ledger& ledger, Trip* trip) {
  if (shared_.has_failed) return;
  Station& station = stations_[static_cast<std::size_t>(node)];
  if (trip && trip->node < 0) {
    // Field by field: copying what was written in other pieces just before stalls the processor.
    Item& next = trip->next();
    next.step = ledger.step;
    next.slot = slot;
    next.ledger = &ledger;
    next.ready = trip->now;
    if (!station.is_ordered())
      station.exchange(next);
    else if (!station.add(next) || !station.take(next))
      return;
    trip->node = node;
  } else if (station.add({ledger.step, slot, &ledger, trip ? trip->now : clock()})) {
    post(node, trip);
  }
}

void Flow::post(int node, Trip* trip) {
  // Before the other, for workers run first what was posted last.
  if (trip && trip->home >= 0) {
    const int home = std::exchange(trip->home, -1);
    if (stations_[static_cast<std::size_t>(home)].leave()) shared_.executor->post(options_.first_station + home);
  }
  shared_.executor->post(options_.first_station + node);
}

void Flow::publish(const std::vector<Layout::Target>& targets, int slot, Ledger& ledger, Trip* trip) {
  for (const Layout::Target& target : targets) {
    const int unit = target.by_slot ? target.unit + slot : target.unit;
    std::atomic<int>& missing = ledger.missing[static_cast<std::size_t>(unit)];
    if (target.is_sole)
      missing.store(0, std::memory_order_relaxed);
    else if (missing.fetch_sub(1, std::memory_order_acq_rel) != 1)
      continue;
    if (target.node < 0)
      ready_unit(unit, ledger);
    else
      ready(target.node, target.by_slot ? slot : 0, ledger, trip);
  }
}

void Flow::publish_step(const ProgramNode& node, Ledger& ledger, Trip* trip) {
  for (const int index : node.wires) {
    const Wire& wire = phase_.wires[static_cast<std::size_t>(index)];
    const auto& targets = layout_.targets[static_cast<std::size_t>(index)];
    if (targets.empty()) continue;
    const int rows = wire.grain == Grain::Slot ? ledger.rows[static_cast<std::size_t>(wire.origin)] : 1;
    for (int row = 0; row < rows; ++row) publish(targets, row, ledger, trip);
  }
}

void Flow::count_bytes(std::int64_t change, Trip& trip) {
  // So few may wait for the end of the trip; all workers share the count.
  constexpr std::int64_t few = 4096;
  trip.bytes += change;
  trip.most_bytes = std::max(trip.most_bytes, trip.bytes);
  if (std::abs(trip.bytes) >= few) shared_.add_bytes(std::exchange(trip.bytes, 0), std::exchange(trip.most_bytes, 0));
}

void Flow::store(std::size_t cell, Ledger& ledger, Value value, Trip& trip) {
  ledger.sizes[cell] = static_cast<std::int64_t>(value.bytes());
  count_bytes(ledger.sizes[cell], trip);
  ledger.cells[cell] = std::move(value);
}

void Flow::drop(std::size_t cell, int readers, Ledger& ledger, Trip& trip) {
  if (readers > 1 && ledger.unread[cell].fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  count_bytes(-std::exchange(ledger.sizes[cell], 0), trip);
  ledger.cells[cell].reset();
}

void Flow::release_step(const ProgramNode& node, Ledger& ledger, Trip& trip) {
  for (const BoundInput& input : node.inputs)
    for (const Feed& feed : input.feeds) {
      const auto wire = static_cast<std::size_t>(feed.wire);
      const auto first = static_cast<std::size_t>(layout_.cell[wire]);
      const int readers = layout_.readers[wire];
      if (phase_.wires[wire].grain == Grain::Slot) {
        for (int row = 0; row < ledger.rows[static_cast<std::size_t>(phase_.wires[wire].origin)]; ++row) drop(first + static_cast<std::size_t>(row), readers, ledger, trip);
      } else if (readers == 1 || ledger.unread[first].fetch_sub(1, std::memory_order_acq_rel) == 1) {
        ledger.device[wire].reset();
        drop(first, 1, ledger, trip);
      }
    }
}

// ---- bodies ----

void Flow::run_station(int index) {
  Station& station = stations_[static_cast<std::size_t>(index)];
  Trip trip;
  if (!station.is_ordered()) trip.home = index;
  if (shared_.log) trip.log = &shared_.log->teller();
  do {
    if (!station.take(trip.next())) break;
    trip.now = clock();
    trip.node = index;
    while (trip.node >= 0 && !shared_.has_failed) {
      trip.go_on();
      run_item(std::exchange(trip.node, -1), trip);
    }
  } while (trip.home >= 0 && !shared_.has_failed);
  settle(trip);
}

void Flow::settle(Trip& trip) {
  // Bytes first: with its last unit a ledger may go to another step.
  if (trip.bytes != 0 || trip.most_bytes > 0) shared_.add_bytes(std::exchange(trip.bytes, 0), std::exchange(trip.most_bytes, 0));
  if (trip.done > 0) units_done(*trip.ledger, std::exchange(trip.done, 0));
}

void Flow::log(record::EventLog::Teller& teller, const Item& item, int slot, int node, std::int64_t begin, std::int64_t end, bool has_run) const {
  record::Span& span = teller.next();
  span.ready = item.ready;
  span.waited_eights = record::Span::eights(begin - item.ready);
  span.busy_eights = record::Span::eights(end - begin);
  span.step = static_cast<std::uint32_t>(item.step);
  span.slot = slot;
  span.node = static_cast<std::uint16_t>(node);
  span.phase = static_cast<std::uint16_t>(phase_index_);
  span.occurrence = static_cast<std::uint16_t>(options_.occurrence);
  span.kind = has_run ? record::EventKind::Ran : record::EventKind::Dropped;
  teller.tell();
}

void Flow::log_step(std::int64_t step, record::EventKind kind) {
  if (!shared_.log) return;
  record::EventLog::Teller& teller = shared_.log->teller();
  record::Span& span = teller.next();
  span = {};
  span.ready = clock();
  span.step = static_cast<std::uint32_t>(step);
  span.phase = static_cast<std::uint16_t>(phase_index_);
  span.occurrence = static_cast<std::uint16_t>(options_.occurrence);
  span.kind = kind;
  teller.tell();
}

void Flow::run_item(int index, Trip& trip) {
  const Item& item = trip.current();
  Station& station = stations_[static_cast<std::size_t>(index)];
  const ProgramNode& node = phase_.nodes[static_cast<std::size_t>(index)];
  Ledger& ledger = *item.ledger;
  if (trip.ledger && trip.ledger != &ledger) {
    settle(trip);
    trip.now = clock();
  }
  trip.ledger = &ledger;
  const std::int64_t begin = trip.now;
  bool has_run = false;
  try {
    has_run = Body(*this, index, trip).run(item);
  } catch (...) {
    shared_.fail(std::current_exception());
    wake();
    return;
  }
  trip.now = clock();
  const bool is_slot = node.grain == Grain::Slot;
  if (trip.log) log(*trip.log, item, is_slot ? item.slot : -1, index, begin, trip.now, has_run);
  const Layout::SlotNode& own = layout_.slots[static_cast<std::size_t>(index)];
  if (is_slot)
    for (const Layout::SlotRead& read : own.reads) drop(static_cast<std::size_t>(read.cell + item.slot), read.readers, ledger, trip);
  else
    release_step(node, ledger, trip);
  const int slots = is_slot ? ledger.rows[static_cast<std::size_t>(node.origin)] : 1;
  const bool is_ordered = station.is_ordered();
  if (is_ordered && item.slot + 1 >= slots) remember(index, item.step + 1);
  const bool goes_on = is_ordered && station.done(item, slots);
  if (is_slot)
    publish(own.targets, item.slot, ledger, &trip);
  else
    publish_step(node, ledger, &trip);
  ++trip.done;
  if (!goes_on) return;
  if (trip.node < 0) {
    (void)station.take(trip.next());
    trip.node = index;
  } else {
    post(index, &trip);
  }
}

}  // namespace leat::run
