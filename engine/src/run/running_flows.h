#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "leat/run.h"
#include "run/flow.h"

namespace leat::run {

/// The flows in progress: one phase, or a training and its validation. Holds its lock while it uses them, so that none ends meanwhile.
/// [any thread]
class RunningFlows {
 public:
  explicit RunningFlows(const Program& program);

  /// Returns the number of the executor's stations: those of all phases, one phase after another.
  [[nodiscard]] int stations() const { return static_cast<int>(stations_.size()); }
  [[nodiscard]] int first_station(int phase) const { return first_station_[static_cast<std::size_t>(phase)]; }
  void run_station(int station) noexcept {
    const StationOf& of = stations_[static_cast<std::size_t>(station)];
    flows_[static_cast<std::size_t>(of.phase)]->workers().run_station(of.node);
  }

  /// From now on no flow admits a step; this includes flows that start later.
  void cut_off();
  /// Ends the flows of phases that do not train.
  void cut_off_evaluations();
  [[nodiscard]] bool is_cut_off() const { return is_cut_off_; }
  /// Asks for a checkpoint at the next border. Returns the steps done so far; nullopt if no training is in progress.
  std::optional<std::int64_t> ask_checkpoint();
  /// Returns the training steps done, or those of another phase in progress; 0 if there is none.
  [[nodiscard]] std::int64_t steps_done() const;
  void add_to(RunNow& now) const;

  /// Registers a flow while this object lives. The destructor waits until nothing uses the flow.
  class Entered {
   public:
    Entered(RunningFlows& flows, Flow& flow, int phase);
    ~Entered();
    Entered(const Entered&) = delete;
    Entered& operator=(const Entered&) = delete;

   private:
    RunningFlows& flows_;
    Flow& flow_;
    int phase_;
  };

 private:
  struct StationOf {
    int phase;
    int node;
  };

  const Program& program_;
  std::vector<int> first_station_;  ///< Indexed by phase.
  std::vector<StationOf> stations_;
  mutable std::mutex lock_;
  /// Indexed by phase. Bodies read it without the lock, because an entry changes only while no body of its flow can run.
  std::vector<Flow*> flows_;
  std::atomic<bool> is_cut_off_{false};
};

}  // namespace leat::run
