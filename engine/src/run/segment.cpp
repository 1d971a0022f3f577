#include "run/body.h"
#include "run/flow.h"
#include "run/working_at.h"

// The device lane's half of a Flow: segments in (step, topological) order, one at a time.
namespace leat::run {

bool Flow::claim_segment(Item& item) {
  if (lane_is_busy_ || lane_ready_.empty()) return false;
  const Item& oldest = lane_ready_.top();
  if (oldest.step != lane_step_ || oldest.slot != lane_segment_ || oldest.step >= lane_limit_) return false;
  lane_is_busy_ = true;
  item = lane_ready_.pop();
  return true;
}

void Flow::add_segment(const Item& item) {
  Item next;
  {
    const std::lock_guard guard(lane_lock_);
    lane_ready_.push(item);
    if (!claim_segment(next)) return;
  }
  post_segment(next);
}

void Flow::post_segment(const Item& item) {
  shared_.executor->post_away([this, item](std::function<void()> done) {
    shared_.lane->submit([this, item, done = std::move(done)] {
      if (!shared_.has_failed) {
        try {
          run_segment(item);
        } catch (...) {
          shared_.fail(std::current_exception());
          wake();
        }
      }
      done();
    });
  });
}

void Flow::run_segment(const Item& item) {
  const Segment& segment = phase_.segments[static_cast<std::size_t>(item.slot)];
  Ledger& ledger = *item.ledger;
  shared_.lane->enter(phase_.kind == PhaseKind::Train);
  for (const int index : segment.nodes)
    for (const BoundInput& input : phase_.nodes[static_cast<std::size_t>(index)].inputs)
      for (const Feed& feed : input.feeds) {
        const auto wire = static_cast<std::size_t>(feed.wire);
        const Value& held = ledger.cells[static_cast<std::size_t>(layout_.cell[wire])];
        if (phase_.wires[wire].grain == Grain::Step && held && !ledger.device[wire])
          ledger.device[wire] = is_tombstone(held) ? held : shared_.lane->upload(held);
      }
  Trip trip(*this, key_);
  const WorkingAt working(trip.site);
  std::int64_t ready = item.ready;
  for (const int index : segment.nodes) {
    const std::int64_t begin = clock();
    const bool has_run = Body(*this, index, trip).run({item.step, 0, &ledger, item.ready});
    const ProgramNode& node = phase_.nodes[static_cast<std::size_t>(index)];
    for (const int wire_index : node.wires) {
      const Wire& wire = phase_.wires[static_cast<std::size_t>(wire_index)];
      if (wire.grain == Grain::Slot || wire.stays_in_segment || wire.readers.empty()) continue;
      const Value& made = ledger.device[static_cast<std::size_t>(wire_index)];
      store(static_cast<std::size_t>(layout_.cell[static_cast<std::size_t>(wire_index)]), ledger,
            is_tombstone(made) ? made : shared_.lane->fetch(made), trip);
    }
    release_step(node, ledger, trip);
    if (node.is_ordered()) remember(index, item.step + 1);
    if (shared_.log) {
      const std::int64_t end = clock();
      log(shared_.log->teller(), {item.step, 0, &ledger, ready}, -1, index, begin, end, has_run);
      ready = end;
    }
  }
  settle(trip);
  segment_done(item);
}

void Flow::segment_done(const Item& item) {
  Ledger& ledger = *item.ledger;
  const Segment& segment = phase_.segments[static_cast<std::size_t>(item.slot)];
  const bool is_last = item.slot + 1 == static_cast<int>(phase_.segments.size());
  const std::int64_t done = item.step + 1;
  if (is_last) {
    bool is_border = options_.checkpoint_every > 0 && done % options_.checkpoint_every == 0;
    {
      const std::lock_guard guard(lane_lock_);
      is_border = is_border || border_ == done;
    }
    // Here, before the next step changes anything; a stop that comes now finds the step done.
    if (is_border) save_border(ledger);
  }
  Item next;
  bool has_next = false;
  {
    const std::lock_guard guard(lane_lock_);
    // A stop asked for while this step ran made it the last one.
    if (is_last && border_ == done && !ledger.has_border) save_border(ledger);
    lane_is_busy_ = false;
    lane_step_ = is_last ? item.step + 1 : item.step;
    lane_segment_ = is_last ? 0 : item.slot + 1;
    has_next = claim_segment(next);
  }
  for (const int index : segment.nodes) publish_step(phase_.nodes[static_cast<std::size_t>(index)], ledger, nullptr);
  if (has_next) post_segment(next);
  units_done(ledger, 1);
}

void Flow::save_border(Ledger& ledger) {
  for (const ProgramResource& one : shared_.program->resources) {
    Archive archive;
    one.resource->save(archive);
    if (!archive.entries().empty() || !archive.metadata.empty()) ledger.resources[one.name] = std::move(archive);
  }
  ledger.has_border = true;
}

}  // namespace leat::run
