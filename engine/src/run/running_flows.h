#pragma once

#include <mutex>
#include <vector>

#include "leat/run.h"
#include "run/flow.h"

namespace leat::run {

/// The flows that go on at this moment: a phase, or a training and its validation. Holds its lock while it looks at them, so that none ends
/// meanwhile. [any thread]
class RunningFlows {
 public:
  explicit RunningFlows(const Program& program);

  /// The executor's stations, those of all phases one after another.
  [[nodiscard]] int stations() const { return static_cast<int>(stations_.size()); }
  [[nodiscard]] int first_station(int phase) const { return first_station_[static_cast<std::size_t>(phase)]; }
  void run_station(int station) noexcept {
    const StationOf& of = stations_[static_cast<std::size_t>(station)];
    flows_[static_cast<std::size_t>(of.phase)]->workers().run_station(of.node);
  }

  /// From now on no flow admits a step, those that come later among them.
  void cut_off();
  [[nodiscard]] bool is_cut_off() const { return is_cut_off_; }
  void add_to(RunNow& now) const;

  /// A flow is known while this object lives. Its end waits until nothing is in the flow.
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
  std::vector<int> first_station_;  ///< By phase.
  std::vector<StationOf> stations_;
  mutable std::mutex lock_;
  std::vector<Flow*> flows_;  ///< By phase. Bodies read it without the lock: it changes while none of its flow can run.
  std::atomic<bool> is_cut_off_{false};
};

}  // namespace leat::run
