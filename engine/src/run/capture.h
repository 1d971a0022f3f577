#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "leat/lane.h"
#include "leat/observer.h"
#include "leat/preview.h"
#include "leat/program.h"
#include "run/observers.h"

namespace leat::run {

/// Keeps values of some outputs of a phase, by step. They are on the host: those of a device are fetched on its lane. [any thread]
class StepOutputs {
 public:
  StepOutputs(const ProgramPhase& phase, const std::vector<OutputName>& names, Lane& lane);

  /// Returns false if the value is not kept, because too many steps wait to be taken.
  bool add(const PutValue& put);
  /// Returns the values of a step, and forgets it and all earlier ones. Empty if nothing of the step was seen. A slot whose sample was
  /// dropped has no value; it has its sample if any value of the same origin told it.
  [[nodiscard]] std::vector<PreviewedOutput> take(std::int64_t step);

 private:
  using Outputs = std::map<OutputName, PreviewedOutput>;
  struct Step {
    Outputs outputs;
    std::map<int, std::vector<Sample>> samples;  ///< By origin and slot: what any of its values told.
  };

  [[nodiscard]] bool keeps(std::int64_t step);

  const ProgramPhase& phase_;
  const std::vector<OutputName> names_;
  Lane& lane_;
  std::set<OutputName> on_device_;
  Outputs empty_;                      ///< Outputs without values.
  std::map<OutputName, int> origins_;  ///< Of the outputs, and of all others with one of their origins.
  std::mutex lock_;
  std::map<std::int64_t, Step> steps_;
  std::set<std::int64_t> left_out_;  ///< Steps of which a value was not kept.
};

/// Attaches an observer while this object lives.
class Attached {
 public:
  Attached(Observers& observers, Observer& observer, Hears hears) : observers_(observers), observer_(observer) {
    observers_.attach(observer_, hears);
  }
  ~Attached() { observers_.detach(observer_); }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

 private:
  Observers& observers_;
  Observer& observer_;
};

/// Watches a run until a whole step of a phase is done. [any thread]
class Capture final : public Observer {
 public:
  static constexpr Hears hears = Hears::Values | Hears::Steps;

  /// `slots`: number of first slots; 0: all.
  Capture(const ProgramPhase& phase, const std::vector<OutputName>& names, int slots, Lane& lane)
      : phase_(phase), slots_(slots), outputs_(phase, names, lane) {}

  /// Steps in these ranges are not taken the next time they are done: perhaps not all of their values were seen.
  void begin(const std::vector<std::pair<std::int64_t, std::int64_t>>& seen_in_part);
  /// Throws Refusal if the values could not be kept.
  [[nodiscard]] std::optional<CapturedStep> wait(std::chrono::milliseconds most, std::stop_token stop);

  void value_put(const PutValue& put) override;
  void step_retired(const Progress& progress) override;

 private:
  const ProgramPhase& phase_;
  const int slots_;
  StepOutputs outputs_;
  std::mutex lock_;
  std::condition_variable_any changed_;
  bool has_begun_ = false;
  std::set<std::int64_t> seen_in_part_;
  std::optional<CapturedStep> taken_;
  std::string failure_;
};

}  // namespace leat::run
