#include "run/workers.h"

#include "run/body.h"
#include "run/flow.h"
#include "run/named_call.h"

namespace leat::run {

Workers::Workers(Flow& flow, int first_station)
    : flow_(flow),
      context_(flow.context()),
      phase_(flow.phase()),
      layout_(flow.layout()),
      phase_index_(flow.phase_index()),
      ran_(record::Span::who_of(record::EventKind::Ran, phase_index_, flow.key().occurrence, 0)),
      dropped_(record::Span::who_of(record::EventKind::Dropped, phase_index_, flow.key().occurrence, 0)),
      first_station_(first_station),
      stations_(phase_.nodes.size()),
      has_limit_(phase_.has_unknown_sizes()) {}

void Workers::start(std::int64_t first_step) {
  for (std::size_t k = 0; k < stations_.size(); ++k)
    stations_[k].start(phase_.nodes[k].is_ordered(), first_step, context_.executor->threads(), has_limit_ ? &step_limit_ : nullptr);
}

void Workers::make_ready(int task, Ledger& ledger) {
  if (task >= layout_.first_segment_task) {
    flow_.device_lane().add({ledger.step, task - layout_.first_segment_task, &ledger, clock()});
    return;
  }
  const int node = layout_.node_of_task[static_cast<std::size_t>(task)];
  leave_ready(node, task - layout_.task[static_cast<std::size_t>(node)], ledger, nullptr);
}

void Workers::leave_ready(int node, int place, Ledger& ledger, Chain* chain) {
  if (context_.has_failed) return;
  if (stations_[static_cast<std::size_t>(node)].add({ledger.step, place, &ledger, chain ? chain->now : clock()})) post(node, chain);
}

inline void Workers::make_ready(int node, int place, Ledger& ledger, Chain* chain) {
  if (!chain || chain->node >= 0) {
    leave_ready(node, place, ledger, chain);
    return;
  }
  Station& station = stations_[static_cast<std::size_t>(node)];
  // Field by field: copying a struct that was just written in other sizes stalls the processor.
  ReadyTask& next = chain->next();
  next.step = ledger.step;
  next.place = place;
  next.ledger = &ledger;
  next.since = chain->now;
  if (station.is_held(next)) {
    if (station.add(next)) post(node, chain);
    return;
  }
  if (!station.is_ordered()) station.exchange(next);
  else if (!station.add(next) || !station.take(next)) return;
  chain->node = node;
}

void Workers::post(int node, Chain* chain) {
  // Post the home station first. oneTBB's workers run the newest task first, so `node` runs before it.
  if (chain && chain->home >= 0) {
    const int home = std::exchange(chain->home, -1);
    if (stations_[static_cast<std::size_t>(home)].leave()) context_.executor->post(first_station_ + home);
  }
  context_.executor->post(first_station_ + node);
}

inline void Workers::publish(const std::vector<Layout::Target>& targets, int place, Ledger& ledger, Chain* chain) {
  for (const Layout::Target& target : targets) {
    const int task = target.by_place ? target.task + place : target.task;
    std::atomic<int>& missing = ledger.missing[static_cast<std::size_t>(task)];
    if (target.is_sole) missing.store(0, std::memory_order_relaxed);
    else if (missing.fetch_sub(1, std::memory_order_acq_rel) != 1) continue;
    if (target.node < 0) make_ready(task, ledger);
    else make_ready(target.node, target.by_place ? place : 0, ledger, chain);
  }
}

void Workers::publish_step(const ProgramNode& node, Ledger& ledger, Chain* chain) {
  for (const int index : node.wires) {
    const Wire& wire = phase_.wires[static_cast<std::size_t>(index)];
    const auto& targets = layout_.targets[static_cast<std::size_t>(index)];
    if (targets.empty()) continue;
    const int rows = wire.grain == Grain::Slot ? ledger.rows[static_cast<std::size_t>(wire.origin)] : 1;
    for (int row = 0; row < rows; ++row) publish(targets, row, ledger, chain);
  }
}

inline void Workers::drop(std::size_t cell, int readers, Ledger& ledger, Chain& chain) {
  if (readers > 1 && ledger.unread[cell].fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  count_bytes(-std::exchange(ledger.sizes[cell], 0), chain);
  ledger.cells[cell].reset();
}

void Workers::release_step(const ProgramNode& node, Ledger& ledger, Chain& chain) {
  for (const BoundInput& input : node.inputs)
    for (const Feed& feed : input.feeds) {
      const auto wire = static_cast<std::size_t>(feed.wire);
      const auto first = static_cast<std::size_t>(layout_.cell[wire]);
      const int readers = layout_.readers[wire];
      if (phase_.wires[wire].grain == Grain::Slot) {
        for (int row = 0; row < ledger.rows[static_cast<std::size_t>(phase_.wires[wire].origin)]; ++row)
          drop(first + static_cast<std::size_t>(row), readers, ledger, chain);
      } else if (readers == 1 || ledger.unread[first].fetch_sub(1, std::memory_order_acq_rel) == 1) {
        ledger.device[wire].reset();
        drop(first, 1, ledger, chain);
      }
    }
}

void Workers::run_station(int index) noexcept {
  Station& station = stations_[static_cast<std::size_t>(index)];
  Chain chain(flow_, flow_.key());
  const NamedCall named(chain.call);
  ThreadPlace& thread = context_.threads.mine();
  chain.running = &thread.running;
  try {
    if (!station.is_ordered()) chain.home = index;
    if (context_.log && !thread.log) thread.log = &context_.log->of_this_thread();
    chain.log = thread.log;
    do {
      if (!station.take(chain.next())) break;
      chain.now = clock();
      chain.node = index;
      while (chain.node >= 0 && !context_.has_failed) {
        chain.go_on();
        const int node = std::exchange(chain.node, -1);
        // After a stop, tasks of later steps are skipped.
        if (chain.current().step < flow_.end_step()) [[likely]]
          run_task(node, chain);
      }
    } while (chain.home >= 0 && !context_.has_failed);
    settle(chain);
  } catch (...) {
    context_.fail(chain.call.named_exception());
  }
  chain.running->end();
}

void Workers::settle(Chain& chain) {
  // Add the bytes first: after its last task, a ledger can belong to another step.
  if (chain.bytes != 0 || chain.most_bytes > 0) add_bytes(chain);
  if (chain.done > 0 && flow_.steps().done(*chain.ledger, std::exchange(chain.done, 0))) flow_.step_done();
}

void Workers::hold_back() {
  if (step_limit_.load(std::memory_order_relaxed) != std::numeric_limits<std::int64_t>::max()) return;
  const std::lock_guard guard(limit_lock_);
  step_limit_ = flow_.steps().retired() + 1;
}

void Workers::retired() {
  if (!has_limit_) return;
  {
    const std::lock_guard guard(limit_lock_);
    if (step_limit_ == std::numeric_limits<std::int64_t>::max()) return;
    const bool is_over = context_.bytes > context_.program->flight_bytes();
    step_limit_ = is_over ? flow_.steps().retired() + 1 : std::numeric_limits<std::int64_t>::max();
  }
  for (std::size_t k = 0; k < stations_.size(); ++k)
    for (int tokens = stations_[k].release(); tokens > 0; --tokens) context_.executor->post(first_station_ + static_cast<int>(k));
}

void Workers::run_task(int index, Chain& chain) {
  const ReadyTask& task = chain.current();
  Station& station = stations_[static_cast<std::size_t>(index)];
  const ProgramNode& node = phase_.nodes[static_cast<std::size_t>(index)];
  Ledger& ledger = *task.ledger;
  if (chain.ledger && chain.ledger != &ledger) {
    settle(chain);
    chain.now = clock();
  }
  chain.ledger = &ledger;
  const std::int64_t begin = chain.now;
  const bool is_slot = node.grain == Grain::Slot;
  chain.running->begin(phase_index_, index, task.step, is_slot ? task.place : -1, begin);
  const bool has_run = Body(flow_, index, chain).run(task);
  chain.now = clock();
  if (chain.log) log(*chain.log, task, chain.call.key.slot, index, begin, chain.now, has_run);
  const Layout::SlotNode& own = layout_.slots[static_cast<std::size_t>(index)];
  if (is_slot)
    for (const Layout::SlotRead& read : own.reads) drop(static_cast<std::size_t>(read.cell + task.place), read.readers, ledger, chain);
  else release_step(node, ledger, chain);
  const int places = is_slot ? ledger.rows[static_cast<std::size_t>(node.origin)] : 1;
  const bool is_ordered = station.is_ordered();
  if (is_ordered && task.place + 1 >= places) flow_.states().remember(index, task.step + 1);
  const bool goes_on = is_ordered && station.done(task, places);
  if (is_slot) publish(own.targets, task.place, ledger, &chain);
  else publish_step(node, ledger, &chain);
  ++chain.done;
  if (!goes_on) return;
  if (chain.node < 0) {
    (void)station.take(chain.next());
    chain.node = index;
  } else {
    post(index, &chain);
  }
}

}  // namespace leat::run
