#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "leat/archive.h"
#include "leat/program.h"
#include "leat/state.h"

namespace leat::run {

/// The states of a phase's nodes as they are now and, for as many steps as can be in flight, as they were after each of them: a checkpoint
/// at any border finds its states without waiting for the pipeline to drain. Holds its lock to look up and store; calls nothing of a node's
/// under it. `now` and `remember` of one node: [worker]; the others: [any thread].
class StateHistory {
 public:
  explicit StateHistory(const ProgramPhase& phase);

  /// Before the first step: the states as a checkpoint had them.
  void load(const Archive& states);
  /// A node's state as it is now.
  [[nodiscard]] StateBox& now(int node, int index) const { return *now_[static_cast<std::size_t>(node)][static_cast<std::size_t>(index)]; }
  /// Copies an ordered node's states, which are those after `steps_done` steps.
  void remember(int node, std::int64_t steps_done);
  /// The states of all nodes after `steps_done` steps, which are not further back than steps can be in flight.
  [[nodiscard]] Archive at(std::int64_t steps_done) const;

 private:
  using States = std::vector<std::unique_ptr<StateBox>>;

  const ProgramPhase& phase_;
  std::vector<States> now_;  ///< By node.
  mutable std::mutex lock_;
  std::vector<std::deque<std::pair<std::int64_t, std::shared_ptr<const States>>>> kept_;  ///< By node: steps done, states then.
};

}  // namespace leat::run
