#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/executor.h"
#include "leat/program.h"
#include "leat/run.h"

namespace leat {

/// A promise that a type breaks, as a sentence without the type's id.
struct Finding {
  std::string type;
  std::string text;
  auto operator<=>(const Finding&) const = default;
};

/// The results of one run of a graph: a hash of every value, every metric, and a hash of each resource's saved state.
class Outcome {
 public:
  /// Runs a program and returns its results. Throws the errors of Run. All values are computed: a cache of the plan is not used.
  [[nodiscard]] static Outcome of(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor, RunOptions options);
  /// Does the same without the values, so that a cache of the plan is used.
  [[nodiscard]] static Outcome without_values(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor,
                                              RunOptions options);

  struct Difference {
    std::string text;   ///< "output `image` of `weak` of `train` at step 3, slot 1", "metric `loss` of …". Empty: no difference.
    std::string type;   ///< The type id of the node or resource.
    std::string phase;  ///< The node's phase. Empty: it is a resource.
    std::string name;   ///< The name of the node or resource.
    std::int64_t step = 0;
  };
  /// Returns the first value or metric in which another run of the same graph differs. It is one that was not computed from another
  /// differing value. Numbers are equal if they have the same bits, or if both are NaN.
  [[nodiscard]] Difference difference(const Outcome& other) const;
  /// Does the same without the values: for metrics and resources.
  [[nodiscard]] Difference difference_without_values(const Outcome& other) const;
  /// Does the same for values and metrics of steps from `step` on, and for metrics of whole phases. The other run can have begun there.
  [[nodiscard]] Difference difference_from(const Outcome& later, std::int64_t step) const;
  [[nodiscard]] std::size_t value_count() const { return hashes_.size(); }
  [[nodiscard]] std::size_t metric_count() const {
    return metrics_.size() + results_.size();
  }  ///< Counts metrics of steps and of whole phases.
  /// Returns the number of values that came from a cache.
  [[nodiscard]] std::int64_t cached_count() const { return cached_; }
  /// Returns true if the resource of this name had nothing to save when the run ended.
  [[nodiscard]] bool saves_nothing(const std::string& resource) const { return empty_.contains(resource); }
  /// Returns the first value of each output that does not match the Program's contract.
  [[nodiscard]] const std::vector<Finding>& broken_contracts() const { return broken_; }
  /// Returns a sentence for each output whose values all have the same hash, so that a fault of it would be invisible.
  [[nodiscard]] std::vector<Finding> constants() const;

 private:
  class Hasher;
  struct Node {
    std::string text;  ///< "`weak` of `train`"
    std::string type;
    std::string phase;
    std::string name;
  };
  /// The key of a value. Invariant: in sorted order, no value is computed from a later one.
  struct Put {
    std::int64_t step;
    std::size_t node;  ///< In the topological order of all phases.
    int slot;
    std::string port;
    auto operator<=>(const Put&) const = default;
  };
  /// A metric of a step.
  struct Measured {
    std::int64_t step;
    std::size_t node;
    std::string name;
    auto operator<=>(const Measured&) const = default;
  };
  /// A metric of a whole phase.
  using Result = std::pair<std::size_t, std::string>;  ///< The node, and the metric's name.
  using Hashes = std::map<Put, std::uint64_t>;
  using Bits = std::map<Measured, std::uint64_t>;

  [[nodiscard]] static Outcome observed(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor,
                                        RunOptions options, Hears hears);
  /// `put`: the first value that differs; null if there is none.
  [[nodiscard]] Difference first_difference(const Put* put, const Bits& metrics, const Outcome& other) const;
  /// Returns the node that measured `node.name`, and the name.
  [[nodiscard]] Result measurer(std::string_view phase, std::string_view metric) const;

  std::vector<Node> nodes_;
  Hashes hashes_;
  Bits metrics_;
  std::map<Result, std::uint64_t> results_;
  std::set<std::string> empty_;  ///< Resources that had nothing to save.
  std::int64_t cached_ = 0;
  std::vector<Finding> broken_;
  std::map<std::pair<std::string, std::string>, std::string> values_;     ///< The name of the value type, by node type and output.
  std::map<std::pair<std::string, std::string>, std::uint64_t> weights_;  ///< Hash of the saved state, by name and type of the resource.
};

}  // namespace leat
