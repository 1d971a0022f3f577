#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "conformance/living_rows.h"
#include "leat/observer.h"
#include "leat/program.h"

namespace leat::conformance {

/// When a step begins on the device lane, puts numbers that are none into the weights that an optimizer changes, and keeps what all
/// resources hold then. [one thread] The device lane's.
class PoisonedWeights final : public Observer {
 public:
  /// Looks at the program's first phase. `step` is the one that it poisons.
  PoisonedWeights(Program& program, std::int64_t step);
  void segment_begins(const SegmentCall& call) override;

  /// Returns true if there are weights that one resource changes for another.
  [[nodiscard]] bool has_weights() const { return !weights_.empty(); }
  /// After a run that ended because of them: the resources that changed all the same, or those that change them.
  [[nodiscard]] Judgement judge(const std::set<std::string>& types) const;

 private:
  Program& program_;
  std::string phase_;
  std::int64_t step_;
  std::set<std::size_t> weights_;                ///< Resources that another one changes.
  std::map<std::string, std::uint64_t> before_;  ///< Hashes of what resources hold, by name.
};

}  // namespace leat::conformance
