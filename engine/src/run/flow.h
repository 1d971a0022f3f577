#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "leat/run.h"
#include "record/event_log.h"
#include "run/ledger.h"
#include "run/station.h"
#include "run/trip.h"

namespace leat::run {

/// What the flows of one run share. [any thread]
struct Shared {
  Program* program = nullptr;
  Lane* lane = nullptr;
  Executor* executor = nullptr;
  record::EventLog* log = nullptr;  ///< Absent: nothing is logged.
  std::function<void(const Tapped&)> tap;
  Watch* watch = nullptr;
  std::function<void(const std::string&)> warn;  ///< Once a run for each sentence.

  std::atomic<std::int64_t> bytes{0};
  std::atomic<std::int64_t> peak_bytes{0};
  std::atomic<bool> has_failed{false};

  /// A change of the bytes in flight, and the most that it was on the way.
  void add_bytes(std::int64_t change, std::int64_t most);
  void fail(std::exception_ptr error);  ///< The first one counts.
  [[nodiscard]] std::exception_ptr error();

 private:
  std::mutex lock_;
  std::exception_ptr error_;
};

using NodeStates = std::vector<std::unique_ptr<StateBox>>;

/// A step that is through: what its nodes measured and, where a checkpoint stands at its border, what belongs into it.
struct RetiredStep {
  std::int64_t step = 0;
  std::int64_t images = 0;
  std::vector<std::pair<std::string, double>> metrics;  ///< `node.name`, in the order of nodes.
  bool has_border = false;
  std::map<std::string, Archive> resources;
  Archive states;
};

struct FlowOptions {
  std::int64_t occurrence = 0;
  std::int64_t first_step = 0;
  std::int64_t end_step = 0;                 ///< Steps admitted: [first_step, end_step).
  std::int64_t checkpoint_every = 0;         ///< Borders after each so many steps; 0: none but those asked for.
  int first_station = 0;                     ///< The executor's station of node 0.
  std::function<void(RetiredStep)> retired;  ///< In step order, one at a time. [worker]
};

/// One occurrence of a phase: ledgers in flight, credits, arrivals. Made for a phase, told how far the lane may go, waited for.
class Flow {
 public:
  Flow(Shared& shared, ProgramPhase& phase, FlowOptions options);
  ~Flow();

  /// Nodes' states as a checkpoint had them; before `start`.
  void load_states(const Archive& states);
  void start();
  /// Lets the device lane run steps before `limit`, and returns when all of those are retired, or the run failed or is cut off.
  void run_until(std::int64_t limit);
  /// From now on nothing is admitted; the step that the lane is in becomes the last. Its border gets a checkpoint. [any thread]
  void cut_off();
  /// Lets a waiting `run_until` look again. [any thread]
  void wake();
  /// Calls `finish` of all nodes; after the last step.
  [[nodiscard]] std::vector<std::pair<std::string, double>> finish();
  /// Drops what is in flight; after the executor's bodies have nothing more of this flow to do.
  void abandon();
  /// What a checkpoint at the last border has of the nodes' states: after run_until(limit), the states at `limit`.
  [[nodiscard]] Archive states_at(std::int64_t steps_done);
  [[nodiscard]] std::int64_t steps_done() const { return retired_; }
  /// A sentence for each node that failed and has `on_error: skip`.
  [[nodiscard]] std::vector<std::string> skipped();

  /// The executor's body for a node's station. [parallel]
  void run_station(int node);

  // ---- for Frame ----
  [[nodiscard]] const ProgramPhase& phase() const { return phase_; }
  [[nodiscard]] const Layout& layout() const { return layout_; }
  [[nodiscard]] StateBox& state(int node, int index) { return *states_[static_cast<std::size_t>(node)][static_cast<std::size_t>(index)]; }
  [[nodiscard]] const RandomKey& random_key(int node) const { return keys_[static_cast<std::size_t>(node)]; }
  [[nodiscard]] std::span<const float> ones(int count) const { return {ones_.data(), static_cast<std::size_t>(count)}; }
  [[nodiscard]] Shared& shared() { return shared_; }

 private:
  friend class Body;

  void admit(std::unique_lock<std::mutex>& guard);
  void open(Ledger& ledger, std::int64_t step);
  void run_item(int node, Trip& trip);
  void ready(int node, int slot, Ledger& ledger, Trip* trip);        ///< Without a trip it is posted, else the trip may go on with it.
  void leave_ready(int node, int slot, Ledger& ledger, Trip* trip);  ///< At its station.
  /// Cells were written: what their readers miss gets less.
  void publish(const std::vector<Layout::Target>& targets, int slot, Ledger& ledger, Trip* trip);
  void publish_step(const ProgramNode& node, Ledger& ledger, Trip* trip);
  void store(std::size_t cell, Ledger& ledger, Value value, Trip& trip) {
    ledger.sizes[cell] = static_cast<std::int64_t>(value.bytes());
    count_bytes(ledger.sizes[cell], trip);
    ledger.cells[cell] = std::move(value);
  }
  void drop(std::size_t cell, int readers, Ledger& ledger, Trip& trip);  ///< One of its readers has read it.
  void release_step(const ProgramNode& node, Ledger& ledger, Trip& trip);
  void count_bytes(std::int64_t change, Trip& trip) {
    // So few may wait for the end of the trip; all workers share the count.
    constexpr std::int64_t few = 4096;
    trip.bytes += change;
    trip.most_bytes = std::max(trip.most_bytes, trip.bytes);
    if (std::abs(trip.bytes) >= few) shared_.add_bytes(std::exchange(trip.bytes, 0), std::exchange(trip.most_bytes, 0));
  }
  void settle(Trip& trip);
  void post(int node, Trip* trip);
  void log(record::EventLog::Teller& teller, const Item& item, int slot, int node, std::int64_t begin, std::int64_t end,
           bool has_run) const {
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
  void add_skipped(const ProgramNode& node, const Item& item, const NodeError& error);
  void log_step(std::int64_t step, record::EventKind kind);
  [[nodiscard]] std::int64_t clock() const { return shared_.log ? shared_.log->ticks() : 0; }
  [[nodiscard]] std::int64_t admission_end() const;
  [[nodiscard]] bool is_through() const;  ///< What `run_until` waits for.
  void units_done(Ledger& ledger, int count);
  void retire(Ledger& ledger);
  [[nodiscard]] std::vector<std::pair<std::string, double>> step_metrics(Ledger& ledger) const;
  void remember(int node, std::int64_t steps_done);

  void ready_unit(int unit, Ledger& ledger);
  void add_segment(const Item& item);
  void post_segment(const Item& item);
  void run_segment(const Item& item);
  void segment_done(const Item& item);
  [[nodiscard]] bool claim_segment(Item& item);
  void save_border(Ledger& ledger);

  Shared& shared_;
  ProgramPhase& phase_;
  FlowOptions options_;
  Layout layout_;
  FrameKey key_;  ///< Of no step and slot.
  int phase_index_;
  std::vector<Station> stations_;
  std::vector<NodeStates> states_;
  std::vector<RandomKey> keys_;
  std::vector<float> ones_;
  std::vector<std::unique_ptr<Ledger>> ledgers_;

  std::mutex lock_;
  std::condition_variable moved_;
  std::vector<Ledger*> free_;
  std::map<std::int64_t, Ledger*> open_;
  std::int64_t next_step_ = 0;  ///< To be admitted.
  std::int64_t end_step_ = 0;
  std::int64_t limit_ = 0;    ///< How far `run_until` lets it go.
  std::int64_t retired_ = 0;  ///< Steps before this are retired.
  bool is_retiring_ = false;

  std::mutex lane_lock_;
  ReadyItems lane_ready_;
  std::int64_t lane_limit_ = 0;
  std::int64_t lane_step_ = 0;  ///< The next (step, segment).
  int lane_segment_ = 0;
  bool lane_is_busy_ = false;
  std::int64_t border_ = -1;  ///< Steps done at which a checkpoint was asked for.

  struct Skipped {
    std::int64_t samples = 0;
    std::pair<std::int64_t, int> at;  ///< Step and slot of the first.
    std::string first;
  };
  std::mutex skipped_lock_;
  std::map<std::string, Skipped> skipped_;  ///< By node.

  std::mutex history_lock_;
  std::vector<std::deque<std::pair<std::int64_t, NodeStates>>> history_;  ///< By node: steps done, states then.
};

}  // namespace leat::run
