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

/// A promise that a type breaks, in a sentence without its id.
struct Finding {
  std::string type;
  std::string text;
  auto operator<=>(const Finding&) const = default;
};

/// What one run of a graph gave: a hash of every value that was put, every metric, and a hash of what each resource kept.
class Outcome {
 public:
  /// Runs a program. Throws as Run does.
  [[nodiscard]] static Outcome of(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor, RunOptions options);

  struct Difference {
    std::string text;   ///< "output `image` of `weak` of `train` at step 3, slot 1", "metric `loss` of …"; empty: there is none.
    std::string type;   ///< The id of the node or resource that gave it.
    std::string phase;  ///< Of a node; empty: it is a resource.
    std::string name;   ///< The node's or the resource's.
    std::int64_t step = 0;
  };
  /// The first value or metric in which another run of the same graph differs that was made of none of the others. Numbers are the same
  /// that have the same bits, or are none.
  [[nodiscard]] Difference difference(const Outcome& other) const;
  /// The same among values and metrics of steps from this one on, and metrics of whole phases: the other run may have begun there.
  [[nodiscard]] Difference difference_from(const Outcome& later, std::int64_t step) const;
  [[nodiscard]] std::size_t value_count() const { return hashes_.size(); }
  [[nodiscard]] std::size_t metric_count() const { return metrics_.size() + results_.size(); }  ///< Of steps, and of whole phases.
  /// Whether a resource, by name, had nothing to save when the run ended.
  [[nodiscard]] bool saves_nothing(const std::string& resource) const { return empty_.contains(resource); }
  /// The first value of each output that is not as the Program says.
  [[nodiscard]] const std::vector<Finding>& broken_contracts() const { return broken_; }
  /// What is not known because all values of an output have one hash, by the node's type.
  [[nodiscard]] std::vector<Finding> constants() const;

 private:
  class Hasher;
  struct Node {
    std::string text;  ///< "`weak` of `train`"
    std::string type;
    std::string phase;
    std::string name;
  };
  /// Sorted, the first is the one that was made of none of the others.
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
  using Result = std::pair<std::size_t, std::string>;  ///< Of which node, and its name.
  using Hashes = std::map<Put, std::uint64_t>;
  using Bits = std::map<Measured, std::uint64_t>;

  [[nodiscard]] Difference first_difference(const Hashes& hashes, const Bits& metrics, const Outcome& other) const;
  /// The node that measured `node.name`, and the name.
  [[nodiscard]] Result measurer(std::string_view phase, std::string_view metric) const;

  std::vector<Node> nodes_;
  Hashes hashes_;
  Bits metrics_;
  std::map<Result, std::uint64_t> results_;
  std::set<std::string> empty_;  ///< Resources that had nothing to save.
  std::vector<Finding> broken_;
  std::map<std::pair<std::string, std::string>, std::string> values_;     ///< What the values of a type's output are called.
  std::map<std::pair<std::string, std::string>, std::uint64_t> weights_;  ///< By resource: name, type.
};

}  // namespace leat
