#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "leat/outcome.h"

// What every node promises, tried out: the same bits however a run is scheduled, inputs left alone, failures passed on, nothing kept aside.
namespace leat {

struct ConformanceSettings {
  std::int64_t steps = 4;         ///< Of the graph's first phase, in each run.
  std::set<std::string> types;    ///< Nodes whose frames are made to fail; of those around them the other trials may find something.
  std::chrono::seconds most{60};  ///< For one child.
  std::function<void(const std::string&)> progress;
};

struct Conformance {
  std::vector<Finding> findings;  ///< Sorted, without repetition.
  std::set<std::string> ran;      ///< Types of nodes that ran in at least one step.
  std::string why_not_resumed;    ///< Empty: it was. Else nothing is known of what a resume would give.
  std::string why_not_dropped;    ///< Empty: samples were dropped. Else nothing is known of who ignores the weights of rows.
  /// What is not known of the settings' types although the trials ran, and why. Sorted, without repetition; `progress` is told of each.
  std::vector<Finding> not_judged;
};

/// Runs a graph in many ways, each in a child of this process, so that one that crashes or blocks is a finding. [setup] Before threads are
/// started. Throws GraphError where the graph cannot run at all.
[[nodiscard]] Conformance check_behaviour(const GraphDescription& graph, const Registry& registry, const ConformanceSettings& settings);

}  // namespace leat
