#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/finished_run.h"

namespace leat::report {

/// A node's name as `<system>_<task>`.
struct SystemTask {
  std::string system;
  std::string task;
};

/// The systems that a graph compares: two or more whose metric nodes, in the phases that are no training, differ in a prefix alone.
struct Systems {
  std::vector<std::string> names;  ///< In the graph's order.

  /// Nothing where a node belongs to none.
  [[nodiscard]] std::optional<SystemTask> split(const std::string& node) const;
};

[[nodiscard]] Systems find_systems(const FinishedRun& run);

/// What one system has learnt from that another has not, as the graph says it: the sources behind their gates differ in one list alone,
/// and the larger list has `what` in addition; `phase` tests on that. (Gates see unlabelled images.)
struct Addition {
  std::string what;
  std::string larger;
  std::string smaller;
  std::string phase;
};
[[nodiscard]] std::optional<Addition> find_addition(const FinishedRun& run, const Systems& systems);

}  // namespace leat::report
