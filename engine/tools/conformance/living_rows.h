#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "leat/outcome.h"

namespace leat::conformance {

/// What the nodes of a run's first phase put and measured, told apart by the rows that live. Two runs in which the rows of dropped samples
/// repeat different living ones show who lets such rows count. [parallel] while the run goes.
class LivingRows final : public Observer {
 public:
  /// `first_different` is the first step in which the runs differ.
  LivingRows(const ProgramPhase& phase, std::int64_t first_different) : phase_(phase.name), first_different_(first_different) {}
  void value_put(const PutValue& put) override;
  void step_retired(const Progress& progress) override;
  /// What the run said at the end.
  void add(const RunResult& result);

  /// The nodes of step grain that read the same living rows in both runs of a program, and gave another value or metric. What a node puts
  /// row by row is not judged: rows may be mixed, as a batch norm does.
  [[nodiscard]] static std::vector<Finding> differences(const Program& program, const LivingRows& one, const LivingRows& other);

 private:
  struct Put {
    std::int64_t step;
    std::string node;
    std::string port;
    auto operator<=>(const Put&) const = default;
  };
  using Hashes = std::map<int, std::uint64_t>;  ///< By slot, or by row that lives; of a value without rows one, at -1.

  class Judge;

  std::string phase_;
  std::int64_t first_different_;
  std::mutex lock_;
  std::map<Put, Hashes> puts_;
  std::set<Put> unknown_;                    ///< Their rows cannot be told apart.
  std::map<std::int64_t, Metrics> metrics_;  ///< By step.
  Metrics last_;
};

}  // namespace leat::conformance
