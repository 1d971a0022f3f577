#pragma once

#include <cstdint>
#include <vector>

#include "verdict/phase_names.h"
#include "verdict/phase_record.h"

namespace leat::verdict {

/// Settings under which recorded steps are replayed.
struct ReplaySettings {
  int workers = 1;
  int credits = 1;
  std::int64_t steps = 1;       ///< Of one occurrence.
  double cores = 0;             ///< 0: as many as threads that compute.
  std::vector<double> factors;  ///< By node: what the lengths of its bodies are multiplied by.
};

struct ReplayResult {
  double seconds_a_step = 0;
  double busy_seconds = 0;  ///< Of all bodies, in the whole replay.
  double work_seconds = 0;  ///< The same, if every thread had a core.
};

/// Schedules recorded steps as the engine does: steps are admitted in order while there are credits; a worker goes on with a task that it
/// made ready, then with the oldest task of the station that it came for; the lane runs segments in (step, segment) order.
class Replay {
 public:
  /// `computes`: by node, the cores that a body uses while it runs, on average.
  Replay(const PhaseNames& names, const std::vector<RecordedStep>& recorded, std::vector<double> computes);

  [[nodiscard]] ReplayResult run(const ReplaySettings& settings) const;
  [[nodiscard]] double tasks_a_step() const;

 private:
  /// The work of a node for a slot or a step, or of a segment.
  struct Task {
    int station = 0;  ///< The node; for a segment, its last node.
    int segment = -1;
    int missing = 0;        ///< Inputs.
    bool is_first = false;  ///< In an ordered node: it also waits for the step before.
    bool is_last = false;
    std::vector<std::pair<int, double>> parts;  ///< Nodes and the lengths of their bodies.
    std::vector<int> readers;
  };
  struct Step {
    std::vector<Task> tasks;
    std::vector<int> segments;  ///< Their tasks, in order.
  };
  class Machine;

  [[nodiscard]] Step step_of(const RecordedStep& recorded) const;

  const PhaseNames* names_;
  std::vector<double> computes_;
  std::vector<Step> steps_;
};

}  // namespace leat::verdict
