#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace leat {

/// Where a node's time went while its phase went on. At every moment a node is in one of five states, so that `running`, `queued`,
/// `waiting_for_input`, `blocked_by_output` and `waiting_for_credit` add up to the phase's seconds:
///   running             one of its bodies runs;
///   queued              else something of it is ready, and waits for a worker, its turn, or the device lane;
///   waiting_for_input   else a step in flight has something for it whose inputs are not all there;
///   blocked_by_output   else it is done with all steps in flight, and a value that it gave waits for a reader to begin;
///   waiting_for_credit  else: it is done, what it gave is read, and no step was admitted.
struct NodeActivity {
  std::string name;
  std::string type;
  std::string lane;  ///< `cpu` or `device`
  std::int64_t calls = 0;
  std::int64_t dropped = 0;  ///< Calls that made a tombstone or passed one on.
  double busy = 0;           ///< Seconds of all its bodies together; more than `running` where several ran at once.
  double running = 0;
  double queued = 0;
  double waiting_for_input = 0;
  double blocked_by_output = 0;
  double waiting_for_credit = 0;
};

/// How long values waited on an edge: from the end of the body that gave one until the body that reads it began, summed over values.
struct EdgeActivity {
  std::string from;
  std::string port;
  std::string to;
  std::int64_t values = 0;
  double waited = 0;
};

struct PhaseActivity {
  std::string name;
  std::int64_t steps = 0;           ///< Retired; those of all occurrences, and of all parts of a resumed run.
  double seconds = 0;               ///< From the first admission to the last end, summed over occurrences and parts.
  std::vector<NodeActivity> nodes;  ///< As the graph has them.
  std::vector<EdgeActivity> edges;
};

/// Reads a run's events.log as far as it is whole; phases that never ran are left out. Of a step that was cut off, what never ran is not
/// known and counts as done. Throws std::runtime_error when it is no event log.
[[nodiscard]] std::vector<PhaseActivity> activity(const std::filesystem::path& events_log);

}  // namespace leat
