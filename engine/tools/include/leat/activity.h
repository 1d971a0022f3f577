#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "leat/rank_activity.h"

namespace leat {

/// The time of a node during its phase, in seconds. At every moment a node is in one of five states, so `running`, `queued`,
/// `waiting_for_input`, `blocked_by_output` and `waiting_for_credit` add up to the phase's seconds. The first that applies counts:
///   running             one of its bodies runs;
///   queued              one of its tasks is ready, and waits for a worker, its turn, or the device lane;
///   waiting_for_input   one of its tasks in a step in flight lacks an input;
///   blocked_by_output   it is done with all steps in flight, and one of its values waits for a reader to begin;
///   waiting_for_credit  it is done, its values are read, and no step was admitted.
struct NodeActivity {
  std::string name;
  std::string type;
  std::string lane;  ///< `cpu` or `device`
  std::int64_t calls = 0;
  std::int64_t dropped = 0;  ///< Calls that made a tombstone or passed one on.
  double busy = 0;           ///< Sum over all its bodies; more than `running` if several ran at once.
  double running = 0;
  double queued = 0;
  double waiting_for_input = 0;
  double blocked_by_output = 0;
  double waiting_for_credit = 0;
};

/// The time that values waited on an edge, from the end of the body that put a value to the begin of the body that reads it. In seconds,
/// summed over values.
struct EdgeActivity {
  std::string from;
  std::string port;
  std::string to;
  std::int64_t values = 0;
  double waited = 0;
};

struct PhaseActivity {
  std::string name;
  std::int64_t steps = 0;  ///< Retired steps of all occurrences, and of all parts of a resumed run.
  /// From the first admission to the last end, summed over occurrences and parts, without the time in which somebody had paused the run.
  double seconds = 0;
  std::vector<NodeActivity> nodes;  ///< In the order of the graph.
  std::vector<EdgeActivity> edges;
};

/// Reads a run's events.log as far as it is intact. Phases that never ran are omitted. Tasks of an interrupted step that never ran are not
/// known, and count as done. Throws std::runtime_error if the file is not an event log.
[[nodiscard]] std::vector<PhaseActivity> activity(const std::filesystem::path& events_log);

struct RunActivity {
  std::vector<PhaseActivity> phases;  ///< Of rank 0, if several shared the training.
  RanksActivity ranks;
};
/// Returns the same with the times of the ranks.
[[nodiscard]] RunActivity run_activity(const std::filesystem::path& events_log);

}  // namespace leat
