#pragma once

#include <cstdint>
#include <vector>

#include "leat/program.h"
#include "run/call_memory.h"

namespace leat::run {

/// Returns for each node whether it is on the `cpu` lane, gets no values from the device lane, and brings some to it.
[[nodiscard]] std::vector<char> loading_nodes(const ProgramPhase& phase);

/// Gives the results of a phase's first steps again in place of later ones: of all nodes of the `cpu` lane that bring values to the device
/// lane. So the device lane gets values at no cost. [any thread]
class StepReplay final : public CallMemory {
 public:
  /// Replays `steps` steps, at least 1.
  StepReplay(KeptResults& kept, const Program& program, Lane& lane, std::int64_t steps);

  [[nodiscard]] std::optional<Fingerprint> fingerprint(const Frame& frame, Frame::Call& call) override;
  void call_done(const std::optional<Fingerprint>&, Frame::Call&) override {}

 private:
  std::int64_t steps_;
  std::vector<std::vector<char>> is_replayed_;  ///< Indexed by phase, then by node.
};

}  // namespace leat::run
