#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "leat/program.h"
#include "leat/run.h"
#include "run/call_memory.h"

namespace leat::run {

/// Returns for each node whether it is on the `cpu` lane, gets no values from the device lane, and brings some to it.
[[nodiscard]] std::vector<char> loading_nodes(const ProgramPhase& phase);

/// Gives the results of a phase's first steps again in place of later ones, of the nodes that `loading_nodes` names. So the device lane
/// gets values at no cost. A step-grain node computes a step that has fewer rows than usual. [any thread]
class StepReplay final : public CallMemory {
 public:
  StepReplay(const Program& program, Lane& lane, ReplayedSteps& settings);

  [[nodiscard]] std::optional<Fingerprint> fingerprint(const Frame& frame, Frame::Call& call) override;
  void call_done(const std::optional<Fingerprint>&, Frame::Call&) override {}

 private:
  /// The results of one node, by step and slot.
  struct Kept {
    bool is_replayed = false;
    std::mutex lock;
    std::map<std::uint64_t, std::shared_ptr<const CallResult>> results;
  };

  [[nodiscard]] std::shared_ptr<const CallResult> find(const Fingerprint& call) override;
  void keep(const Fingerprint& call, CallResult result) override;
  [[nodiscard]] Kept& of(const Fingerprint& call);

  ReplayedSteps& settings_;
  std::atomic<std::int64_t> bytes_{0};
  std::vector<std::vector<std::unique_ptr<Kept>>> kept_;  ///< Indexed by phase, then by node.
};

}  // namespace leat::run
