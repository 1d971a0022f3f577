#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/finished_run.h"

namespace leat::report {

/// A node's name, `<system>_<task>`, in two parts.
struct SystemTask {
  std::string system;
  std::string task;
};

/// The systems that a graph compares: at least two whose metric nodes, in phases other than training, differ in a prefix only.
struct Systems {
  std::vector<std::string> names;  ///< In the order of the graph.

  /// Returns the system and task of a node; nullopt if it belongs to no system.
  [[nodiscard]] std::optional<SystemTask> split(const std::string& node) const;
};

[[nodiscard]] Systems find_systems(const FinishedRun& run);

/// Data that one system is trained on and another is not, according to the graph. The sources of their gates, which have the unlabelled
/// images, differ in one list only. The larger list also has `what`, and `phase` tests on it.
struct Addition {
  std::string what;
  std::string larger;
  std::string smaller;
  std::string phase;
};
[[nodiscard]] std::optional<Addition> find_addition(const FinishedRun& run, const Systems& systems);

}  // namespace leat::report
