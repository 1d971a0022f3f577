#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "conformance/living_rows.h"
#include "leat/observer.h"
#include "leat/program.h"

namespace leat::conformance {

/// At the begin of one step on the device lane, writes NaN to the weights that an optimizer changes, and keeps hashes of all resources.
/// [one thread], that of the device lane.
class PoisonedWeights final : public Observer {
 public:
  /// Observes the program's first phase, and poisons the weights in `step`.
  PoisonedWeights(Program& program, std::int64_t step);
  void segment_begins(const SegmentCall& call) override;

  /// Returns true if there are weights that one resource changes for another.
  [[nodiscard]] bool has_weights() const { return !weights_.empty(); }
  /// For a run that has ended because of the NaN values: returns the resources that changed all the same, or the resources that changed
  /// them.
  [[nodiscard]] Judgement judge(const std::set<std::string>& types) const;

 private:
  Program& program_;
  std::string phase_;
  std::int64_t step_;
  std::set<std::size_t> weights_;                ///< Resources that another one changes.
  std::map<std::string, std::uint64_t> before_;  ///< Hashes of the resources' contents, by name.
};

}  // namespace leat::conformance
