#pragma once

#include <vector>

#include "leat/verdict.h"
#include "verdict/shares.h"

namespace leat::verdict {

/// A change, and what a replay of recorded steps says that it would bring.
struct Forecast {
  Gain::Change change = Gain::Change::Worker;
  int node = -1;     ///< For `Faster`.
  int to = 0;        ///< Workers, or steps in flight.
  double speed = 1;  ///< Steps in a second, divided by those of now.
  double waits = 0;  ///< Part of its time that the device lane would wait.

  /// The part of its time that a step would be shorter.
  [[nodiscard]] double saved() const { return 1 - 1 / speed; }
};

/// Replays recorded steps with one worker more, with more steps in flight, and with each of the nodes at half its time. Returns no forecast
/// if too little is recorded.
[[nodiscard]] std::vector<Forecast> forecasts(const Shares& shares, const std::vector<int>& nodes);

}  // namespace leat::verdict
