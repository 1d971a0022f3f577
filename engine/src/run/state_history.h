#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "leat/archive.h"
#include "leat/program.h"
#include "leat/state.h"

namespace leat::run {

/// The current states of a phase's nodes and, for as many steps as can be in flight, copies of the states after each step. So a checkpoint
/// at any border finds its states without draining the pipeline. Holds its lock to look up and store; calls no node under it. `now` and
/// `remember` for one node are [worker]; the others are [any thread].
class StateHistory {
 public:
  explicit StateHistory(const ProgramPhase& phase);

  /// Loads the states from a checkpoint. Call it before the first step.
  void load(const Archive& states);
  /// Returns a node's current state.
  [[nodiscard]] StateBox& now(int node, int index) const { return *now_[static_cast<std::size_t>(node)][static_cast<std::size_t>(index)]; }
  /// Copies an ordered node's current states, which are those after `steps_done` steps: in a train phase, or if that is planned.
  void remember(int node, std::int64_t steps_done);
  /// Plans a copy of all states after `steps_done` steps, of which none has begun with the last one. Of the thread that admits steps.
  void plan(std::int64_t steps_done) { planned_ = steps_done; }
  [[nodiscard]] std::int64_t planned() const { return planned_; }  ///< -1: none.
  void forget_planned();
  /// Returns the current states of all nodes. No node can be running.
  [[nodiscard]] Archive all_now() const;
  /// Returns the states of all nodes after `steps_done` steps. Precondition: not further back than the number of steps that can be in
  /// flight.
  [[nodiscard]] Archive at(std::int64_t steps_done) const;

 private:
  using States = std::vector<std::unique_ptr<StateBox>>;

  [[nodiscard]] Archive archive_of(const std::vector<const States*>& states, const std::string& when) const;

  const ProgramPhase& phase_;
  std::atomic<std::int64_t> planned_{-1};
  std::vector<States> now_;  ///< Indexed by node.
  mutable std::mutex lock_;
  /// Indexed by node: pairs of steps done and the states after them.
  std::vector<std::deque<std::pair<std::int64_t, std::shared_ptr<const States>>>> kept_;
};

}  // namespace leat::run
