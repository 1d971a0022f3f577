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

/// The nodes of one flow on the `cpu` lane. An arriving value makes tasks ready, a worker of oneTBB runs them, and their outputs arrive in
/// turn. [parallel]
class Workers {
 public:
  /// `first_station` is the station of node 0 in the executor.
  Workers(Flow& flow, int first_station);

  void start(std::int64_t first_step);
  /// Runs the tasks of a node's station: the executor's body.
  void run_station(int node) noexcept;
  /// Makes a task of an open ledger ready.
  void make_ready(int task, Ledger& ledger);
  /// Reports the outputs of a node of step grain to their readers. `chain` is the worker's; null on the device lane.
  void publish_step(const ProgramNode& node, Ledger& ledger, Chain* chain);
  /// Releases the inputs of a node of step grain after its call.
  void release_step(const ProgramNode& node, Ledger& ledger, Chain& chain);
  void store(std::size_t cell, Ledger& ledger, Value value, Chain& chain) {
    ledger.sizes[cell] = static_cast<std::int64_t>(value.bytes());
    count_bytes(ledger.sizes[cell], chain);
    ledger.cells[cell] = std::move(value);
  }
  /// Adds the counts of the chain: bytes in flight, and finished tasks.
  void settle(Chain& chain);
  /// Returns the time by the clock of the log, in ticks.
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
  /// Called after a step is retired. While values in flight take more memory than allowed, only the oldest step continues.
  void retired();

 private:
  void publish(const std::vector<Layout::Target>& targets, int place, Ledger& ledger, Chain* chain);
  void make_ready(int node, int place, Ledger& ledger, Chain* chain);  ///< Posts the task; with a chain, the chain can continue with it.
  void leave_ready(int node, int place, Ledger& ledger, Chain* chain);
  void run_task(int node, Chain& chain);
  void drop(std::size_t cell, int readers, Ledger& ledger, Chain& chain);  ///< Called when one of the cell's readers has read it.
  void post(int node, Chain* chain);
  void count_bytes(std::int64_t change, Chain& chain) {
    // Small changes wait for the end of the chain, because all workers share the counter.
    constexpr std::int64_t few = 4096;
    chain.bytes += change;
    chain.most_bytes = std::max(chain.most_bytes, chain.bytes);
    if (std::abs(chain.bytes) >= few) add_bytes(chain);
  }
  void add_bytes(Chain& chain) {
    const std::int64_t now = context_.add_bytes(std::exchange(chain.bytes, 0), std::exchange(chain.most_bytes, 0));
    if (has_limit_ && now > context_.program->flight_bytes()) [[unlikely]]
      hold_back();
  }
  void hold_back();

  Flow& flow_;
  RunContext& context_;
  const ProgramPhase& phase_;
  const Layout& layout_;
  const int phase_index_;
  const std::uint64_t ran_, dropped_;  ///< `Span::who` of this flow's spans, without the node.
  const int first_station_;
  std::vector<Station> stations_;

  /// If sizes are unknown: tasks of steps from this one on are held back.
  std::atomic<std::int64_t> step_limit_{std::numeric_limits<std::int64_t>::max()};
  std::mutex limit_lock_;  ///< Guards changes of the limit.
  const bool has_limit_;
};

}  // namespace leat::run
