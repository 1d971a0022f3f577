#include <utility>

#include "run/body.h"
#include "run/flow.h"
#include "run/working_at.h"

// How a Flow's work moves: a value that arrives makes bodies ready, a worker runs them, and what they give arrives.
namespace leat::run {

void Flow::ready_unit(int unit, Ledger& ledger) {
  if (unit >= layout_.first_segment_unit) {
    add_segment({ledger.step, unit - layout_.first_segment_unit, &ledger, clock()});
    return;
  }
  const int node = layout_.node_of_unit[static_cast<std::size_t>(unit)];
  leave_ready(node, unit - layout_.unit[static_cast<std::size_t>(node)], ledger, nullptr);
}

void Flow::leave_ready(int node, int slot, Ledger& ledger, Trip* trip) {
  if (shared_.has_failed) return;
  if (stations_[static_cast<std::size_t>(node)].add({ledger.step, slot, &ledger, trip ? trip->now : clock()})) post(node, trip);
}

inline void Flow::ready(int node, int slot, Ledger& ledger, Trip* trip) {
  if (!trip || trip->node >= 0) {
    leave_ready(node, slot, ledger, trip);
    return;
  }
  Station& station = stations_[static_cast<std::size_t>(node)];
  // Field by field: copying what was written in other pieces just before stalls the processor.
  Item& next = trip->next();
  next.step = ledger.step;
  next.slot = slot;
  next.ledger = &ledger;
  next.ready = trip->now;
  if (!station.is_ordered()) station.exchange(next);
  else if (!station.add(next) || !station.take(next)) return;
  trip->node = node;
}

void Flow::post(int node, Trip* trip) {
  // Before the other, for workers run first what was posted last.
  if (trip && trip->home >= 0) {
    const int home = std::exchange(trip->home, -1);
    if (stations_[static_cast<std::size_t>(home)].leave()) shared_.executor->post(options_.first_station + home);
  }
  shared_.executor->post(options_.first_station + node);
}

inline void Flow::publish(const std::vector<Layout::Target>& targets, int slot, Ledger& ledger, Trip* trip) {
  for (const Layout::Target& target : targets) {
    const int unit = target.by_slot ? target.unit + slot : target.unit;
    std::atomic<int>& missing = ledger.missing[static_cast<std::size_t>(unit)];
    if (target.is_sole) missing.store(0, std::memory_order_relaxed);
    else if (missing.fetch_sub(1, std::memory_order_acq_rel) != 1) continue;
    if (target.node < 0) ready_unit(unit, ledger);
    else ready(target.node, target.by_slot ? slot : 0, ledger, trip);
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

inline void Flow::drop(std::size_t cell, int readers, Ledger& ledger, Trip& trip) {
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
        for (int row = 0; row < ledger.rows[static_cast<std::size_t>(phase_.wires[wire].origin)]; ++row)
          drop(first + static_cast<std::size_t>(row), readers, ledger, trip);
      } else if (readers == 1 || ledger.unread[first].fetch_sub(1, std::memory_order_acq_rel) == 1) {
        ledger.device[wire].reset();
        drop(first, 1, ledger, trip);
      }
    }
}

void Flow::run_station(int index) {
  Station& station = stations_[static_cast<std::size_t>(index)];
  Trip trip(*this, key_);
  const WorkingAt working(trip.site);
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
  else release_step(node, ledger, trip);
  const int slots = is_slot ? ledger.rows[static_cast<std::size_t>(node.origin)] : 1;
  const bool is_ordered = station.is_ordered();
  if (is_ordered && item.slot + 1 >= slots) remember(index, item.step + 1);
  const bool goes_on = is_ordered && station.done(item, slots);
  if (is_slot) publish(own.targets, item.slot, ledger, &trip);
  else publish_step(node, ledger, &trip);
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
