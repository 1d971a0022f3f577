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

/// What a trial says of the types that are looked at.
struct Judgement {
  std::vector<Finding> broken;
  std::vector<Finding> not_judged;  ///< What is not known, and why.
};

/// What the nodes of a run's first phase put and measured, told apart by the rows that live. Two runs in which dropped samples leave other
/// things behind show who lets such rows count. [parallel] while the run goes.
class LivingRows final : public Observer {
 public:
  /// `first_different` is the first step in which the runs that are compared differ. Of `ranks` processes this one is the first: its row k
  /// is slot k * ranks.
  LivingRows(const ProgramPhase& phase, std::int64_t first_different, int ranks = 1);
  void value_put(const PutValue& put) override;
  void step_retired(const Progress& progress) override;
  /// What the run said at the end.
  void add(const RunResult& result);

  /// Of two runs of a program in which the rows of dropped samples repeat different living ones: the nodes of step grain that read the same
  /// living rows in both, and gave another value or metric. What a node puts row by row is not judged: rows may be mixed, as a batch norm
  /// does. What is not known is said of `types` only.
  [[nodiscard]] static Judgement of_weights(const Program& program, const LivingRows& one, const LivingRows& other,
                                            const std::set<std::string>& types);
  /// Of two runs of a program with the same living rows, `alone` without others, `beside` with as many rows of dropped samples: the nodes
  /// whose metrics differ by more than rounding, or those that made what a later node measured so.
  [[nodiscard]] static Judgement of_counts(const Program& program, const LivingRows& alone, const LivingRows& beside,
                                           const std::set<std::string>& types);

 private:
  struct Put {
    std::int64_t step;
    std::string node;
    std::string port;
    auto operator<=>(const Put&) const = default;
  };
  using Hashes = std::map<int, std::uint64_t>;  ///< By slot; of a value without rows one, at -1.
  using Output = std::pair<std::string, std::string>;
  /// The hashes of an output's values and of all of their rows, as far as two of them differ.
  struct Variety {
    std::map<std::size_t, std::uint64_t> values;  ///< By the number of rows, the first.
    std::set<std::uint64_t> rows;
    bool has_different_values = false;  ///< Of as many rows.
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
  std::map<Put, std::string> unknown_;  ///< Why their rows cannot be told apart.
  std::map<Output, Variety> variety_;
  std::map<std::int64_t, Metrics> metrics_;  ///< By step.
  Metrics last_;
};

}  // namespace leat::conformance
