#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "leat/lane.h"
#include "leat/observer.h"
#include "leat/outcome.h"
#include "leat/program.h"

namespace leat::conformance {

/// Compares the numbers of outputs with the ranges that their sentences promise. [parallel]
class Ranges final : public Observer {
 public:
  /// The program and the lane must outlive the run.
  Ranges(const Program& program, Lane& lane);
  void value_put(const PutValue& put) override;

  /// Returns a sentence for each output of `types` with a number outside of its range. An output that is computed from another such one is
  /// left out, because its node can be right.
  [[nodiscard]] std::vector<Finding> broken(const std::set<std::string>& types) const;

 private:
  using Place = std::tuple<std::size_t, int, int>;  ///< Phase, node, output.
  struct Output {
    Place place;
    const Wire* wire;
  };
  [[nodiscard]] bool reads_broken(const ProgramPhase& phase, std::size_t phase_index, int node, std::set<int>& seen) const;

  const Program& program_;
  Lane& lane_;
  std::map<std::tuple<std::string, std::string, std::string>, Output> outputs_;  ///< Those with a range, by phase, node and port.
  std::mutex lock_;
  std::map<Place, double> outside_;  ///< The first number outside of the range.
};

}  // namespace leat::conformance
