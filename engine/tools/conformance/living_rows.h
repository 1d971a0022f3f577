#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/outcome.h"

namespace leat::conformance {

/// Result of a trial for the types under test.
struct Judgement {
  std::vector<Finding> broken;
  std::vector<Finding> not_judged;  ///< Questions without an answer, and the reason.
  bool is_blind = false;            ///< A metric is the same whatever the rows or entries are, so a fault of its node would not show.
};

/// Outputs and metrics of the nodes of a run's first phase, by live rows. A comparison of two runs with different contents in dropped rows
/// shows which nodes count such rows. [parallel]
class LivingRows final : public Observer {
 public:
  /// `first_different` is the first step in which the compared runs differ. This process is the first of `ranks`: its row k is slot k *
  /// ranks.
  LivingRows(const ProgramPhase& phase, std::int64_t first_different, int ranks = 1);
  void value_put(const PutValue& put) override;
  void step_retired(const Progress& progress) override;
  /// Adds the result of the run, at its end.
  void add(const RunResult& result);

  /// Compares two runs of a program in which dropped rows repeat different live rows. Reports nodes of step grain that read the same live
  /// rows in both, but gave another value or metric. Of an output with rows, the live ones are compared, except for those of a network in
  /// training, because a batch norm mixes rows. `plain` is a run in which these rows live. A metric that is the same there shows nothing.
  /// `not_judged` is for `types` only.
  [[nodiscard]] static Judgement of_weights(const Program& program, const LivingRows& one, const LivingRows& other, const LivingRows& plain,
                                            const std::set<std::string>& types);
  /// Compares two runs of a program with the same live rows: `alone` has no other rows, `beside` has as many dropped rows. Reports nodes
  /// whose metrics, or whose values in the metrics of a later node, differ by more than rounding.
  [[nodiscard]] static Judgement of_counts(const Program& program, const LivingRows& alone, const LivingRows& beside,
                                           const std::set<std::string>& types);

 private:
  struct Put {
    std::int64_t step;
    std::string node;
    std::string port;
    auto operator<=>(const Put&) const = default;
  };
  using Hashes = std::map<int, std::uint64_t>;  ///< By slot; a value without rows has one hash, at -1.
  using Output = std::pair<std::string, std::string>;
  /// Hashes of an output's values and of their rows, as many as are needed to see that two differ.
  struct Variety {
    std::map<std::size_t, std::uint64_t> values;  ///< Hash of the first value with each number of rows.
    std::set<std::uint64_t> rows;
    bool has_different_values = false;  ///< Two values with the same number of rows differ.
    void add(std::uint64_t value, const std::vector<std::uint64_t>& of_rows);
    [[nodiscard]] bool is_blind() const { return has_different_values && rows.size() == 1; }
  };

  class Judge;
  class WeightJudge;
  class CountJudge;

  std::string phase_;
  std::int64_t first_different_;
  int ranks_;
  std::set<Output> with_rows_;  ///< Outputs of step grain whose values have a row for each sample.
  std::mutex lock_;
  std::map<Put, Hashes> puts_;
  std::map<Put, std::string> unknown_;  ///< Reason why the rows cannot be distinguished.
  std::map<Output, Variety> variety_;
  std::map<std::int64_t, Metrics> metrics_;  ///< By step.
  Metrics last_;
};

}  // namespace leat::conformance
