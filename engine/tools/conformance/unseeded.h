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

/// What the nodes of a phase that run once per sample make of what they read, in the first step. [parallel]
class FirstCalls final : public Observer {
 public:
  explicit FirstCalls(std::string phase) : phase_(std::move(phase)) {}
  void call_begins(const NodeCall& call) override;
  void value_put(const PutValue& put) override;

  struct Call {
    std::uint64_t read = 0;
    std::uint64_t put = 0;
  };
  /// By slot.
  [[nodiscard]] const std::map<int, Call>& of(const std::string& node) const;

 private:
  std::string phase_;
  std::mutex lock_;
  std::map<std::string, std::map<int, Call>> calls_;
};

/// Of first steps with a seed each, in which samples are there more than once: nodes of `types` that make different values of equal ones
/// in two slots, so that they draw, but the same in one slot whatever the seed is.
[[nodiscard]] Judgement judge_seeds(const ProgramPhase& phase, const std::vector<const FirstCalls*>& seeds,
                                    const std::set<std::string>& types);

}  // namespace leat::conformance
