#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <mutex>
#include <utility>
#include <vector>

#include "run/chain.h"
#include "run/layout.h"
#include "run/ledger.h"
#include "run/run_context.h"
#include "run/station.h"

namespace leat::run {

class Flow;

/// The nodes of one flow on the `cpu` lane: a value that arrives makes tasks ready, a worker of oneTBB runs them, and what they give
/// arrives in turn. [parallel]
class Workers {
 public:
  /// `first_station` is the executor's station of node 0.
  Workers(Flow& flow, int first_station);

  void start(std::int64_t first_step);
  /// The executor's body for a node's station.
  void run_station(int node) noexcept;
  /// A task of a ledger that has been opened is ready.
  void make_ready(int task, Ledger& ledger);
  /// A node of step grain has put its values: what their readers miss gets less. `chain` is the worker's, null on the device lane.
  void publish_step(const ProgramNode& node, Ledger& ledger, Chain* chain);
  /// A node of step grain has read its inputs.
  void release_step(const ProgramNode& node, Ledger& ledger, Chain& chain);
  void store(std::size_t cell, Ledger& ledger, Value value, Chain& chain) {
    ledger.sizes[cell] = static_cast<std::int64_t>(value.bytes());
    count_bytes(ledger.sizes[cell], chain);
    ledger.cells[cell] = std::move(value);
  }
  /// Adds what the chain has counted: bytes in flight, and tasks that are done.
  void settle(Chain& chain);
  /// The clock of the log.
  [[nodiscard]] std::int64_t clock() const { return context_.ticks.now(); }
  void log(record::EventLog::ThreadLog& log, const ReadyTask& task, int slot, int node, std::int64_t begin, std::int64_t end,
           bool has_run) const {
    record::Span& span = log.next();
    span.ready = task.since;
    span.waited = record::Span::length(begin - task.since);
    span.busy = record::Span::length(end - begin);
    span.step = static_cast<std::uint32_t>(task.step);
    span.slot = slot;
    span.who = (has_run ? ran_ : dropped_) | static_cast<std::uint16_t>(node);
    log.commit();
  }
  /// A step is retired: where values in flight take more than the memory allowed, only the oldest step goes on.
  void retired();

 private:
  void publish(const std::vector<Layout::Target>& targets, int place, Ledger& ledger, Chain* chain);
  void make_ready(int node, int place, Ledger& ledger, Chain* chain);  ///< Without a chain it is posted, else the chain may go on with it.
  void leave_ready(int node, int place, Ledger& ledger, Chain* chain);
  void run_task(int node, Chain& chain);
  void drop(std::size_t cell, int readers, Ledger& ledger, Chain& chain);  ///< One of the cell's readers has read it.
  void post(int node, Chain* chain);
  void count_bytes(std::int64_t change, Chain& chain) {
    // So few may wait for the end of the chain; all workers share the count.
    constexpr std::int64_t few = 4096;
    chain.bytes += change;
    chain.most_bytes = std::max(chain.most_bytes, chain.bytes);
    if (std::abs(chain.bytes) >= few) add_bytes(chain);
  }
  void add_bytes(Chain& chain) {
    const std::int64_t now = context_.add_bytes(std::exchange(chain.bytes, 0), std::exchange(chain.most_bytes, 0));
    if (has_limit_ && now > context_.program->memory_bytes) [[unlikely]]
      hold_back();
  }
  void hold_back();

  Flow& flow_;
  RunContext& context_;
  const ProgramPhase& phase_;
  const Layout& layout_;
  const int phase_index_;
  const std::uint64_t ran_, dropped_;  ///< What spans of this flow say, without the node.
  const int first_station_;
  std::vector<Station> stations_;

  /// Where sizes are unknown: tasks of steps from this one on are held back.
  std::atomic<std::int64_t> step_limit_{std::numeric_limits<std::int64_t>::max()};
  std::mutex limit_lock_;  ///< Held while the limit changes.
  const bool has_limit_;
};

}  // namespace leat::run
