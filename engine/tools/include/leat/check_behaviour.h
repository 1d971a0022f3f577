#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "leat/outcome.h"

// Tests the promises of all nodes: the same bits for every schedule, inputs unchanged, failures reported, no hidden state.
namespace leat {

struct ConformanceSettings {
  std::int64_t steps = 4;  ///< Steps of the graph's first phase in a trial. Some trials need more or fewer.
  /// The types under test. Frames of these types are made to fail. Some trials judge only these types; others can also find faults of other
  /// types.
  std::set<std::string> types;
  std::chrono::seconds most{60};  ///< Time limit of one child process.
  std::function<void(const std::string&)> progress;
};

struct Conformance {
  std::vector<Finding> findings;  ///< Sorted, without repetition.
  std::set<std::string> ran;      ///< Types of nodes that ran in at least one step.
  std::string why_not_resumed;    ///< Why no resume was tested. Empty: it was tested.
  std::string why_not_dropped;    ///< Why no sample was dropped, so use of row weights is untested. Empty: it was tested.
  /// Promises of the types in `ConformanceSettings::types` that the trials could not test, and why. Sorted, without repetition.
  std::vector<Finding> not_judged;
};

/// Runs a graph in many ways, each in a child process, so that a crash or a hang is a finding. Call it before any thread is started. Throws
/// GraphError if the graph cannot run at all. [setup]
[[nodiscard]] Conformance check_behaviour(const GraphDescription& graph, const Registry& registry, const ConformanceSettings& settings);

}  // namespace leat
