#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "conformance/living_rows.h"
#include "leat/observer.h"
#include "leat/program.h"

namespace leat::conformance {

/// Hashes of inputs and outputs of the nodes that run once per sample, in the first step of a phase. [parallel]
class FirstCalls final : public Observer {
 public:
  explicit FirstCalls(std::string phase) : phase_(std::move(phase)) {}
  void call_begins(const NodeCall& call) override;
  void value_put(const PutValue& put) override;

  struct Call {
    std::uint64_t read = 0;
    std::uint64_t put = 0;
  };
  /// Returns the calls of a node by slot.
  [[nodiscard]] const std::map<int, Call>& of(const std::string& node) const;

 private:
  std::string phase_;
  std::mutex lock_;
  std::map<std::string, std::map<int, Call>> calls_;
};

/// Compares the first steps of runs with different seeds, in which samples occur more than once. Reports nodes of `types` that draw (equal
/// inputs give different outputs in two slots) but whose outputs in the same slot do not depend on the seed. Reports nodes that draw but
/// say that they are deterministic.
[[nodiscard]] Judgement judge_seeds(const ProgramPhase& phase, const std::vector<const FirstCalls*>& seeds,
                                    const std::set<std::string>& types);

}  // namespace leat::conformance
