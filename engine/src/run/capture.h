#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "leat/lane.h"
#include "leat/observer.h"
#include "leat/preview.h"
#include "leat/program.h"

namespace leat::run {

/// Keeps values of some outputs of a phase, by step. They are on the host: those of a device are fetched on its lane. [any thread]
class StepOutputs {
 public:
  StepOutputs(const ProgramPhase& phase, const std::vector<OutputName>& names, Lane& lane);

  void add(const PutValue& put);
  /// Returns the values of a step, and forgets it and all earlier ones. Without values, an output has none.
  [[nodiscard]] std::vector<PreviewedOutput> take(std::int64_t step);

 private:
  using Outputs = std::map<OutputName, PreviewedOutput>;

  const ProgramPhase& phase_;
  const std::vector<OutputName> names_;
  Lane& lane_;
  std::set<OutputName> on_device_;
  Outputs empty_;  ///< Outputs without values.
  std::mutex lock_;
  std::map<std::int64_t, Outputs> steps_;
};

/// Watches a run until a whole step of a phase is done. [any thread]
class Capture final : public Observer {
 public:
  static constexpr Hears hears = Hears::Values | Hears::Steps;

  /// `slots`: number of first slots; 0: all.
  Capture(const ProgramPhase& phase, const std::vector<OutputName>& names, int slots, Lane& lane)
      : phase_(phase), slots_(slots), outputs_(phase, names, lane) {}

  /// Steps before this one are not taken. They were admitted when nobody watched.
  void skip_until(std::int64_t step);
  [[nodiscard]] std::optional<CapturedStep> wait(std::chrono::milliseconds most);

  void value_put(const PutValue& put) override;
  void step_retired(const Progress& progress) override;

 private:
  const ProgramPhase& phase_;
  const int slots_;
  StepOutputs outputs_;
  std::mutex lock_;
  std::condition_variable changed_;
  std::optional<std::int64_t> first_;  ///< First step that can be taken; not known yet: none.
  std::optional<CapturedStep> taken_;
};

}  // namespace leat::run
