#pragma once

#include <string>
#include <string_view>

#include "leat/description.h"
#include "leat/program.h"
#include "program/known.h"

namespace leat::program {

/// The train phase, whose sources count epochs.
struct TrainedPhase {
  const TrainText& text;
  const ProgramPhase& phase;
  const PhaseKnown& known;
};

/// Returns an epoch of the named source in the train phase; of length 0 if it is unknown. Reports a source without an end.
[[nodiscard]] Epoch epoch_of(const Named& source, const TrainedPhase& train, Diagnostics& diagnostics);

/// Returns a period of the training. Its epoch has length 0 if it is unknown. `key` is the key of the plan that states it, at `place`.
[[nodiscard]] Period build_period(const PeriodText& text, std::string_view key, const Place& place, const TrainedPhase& train,
                                  Diagnostics& diagnostics);

/// Returns the source that defines the period's epochs; empty if it is unknown.
[[nodiscard]] std::string source_of(const PeriodText& text, const TrainedPhase& train);

}  // namespace leat::program
