#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "leat/description.h"
#include "leat/registry.h"

namespace leat {

/// Returns the graph's predict phase, the resources that it uses, and a plan that runs it on other images. Each data set that a source
/// names (a resource with a parameter `path`) becomes all of `images`: a folder, a list or one picture. The data set's other settings are
/// dropped. Throws Refusal if there is not exactly one predict phase, or if none of its sources names a data set.
[[nodiscard]] GraphDescription prediction_graph(const GraphDescription& graph, const std::filesystem::path& images,
                                                const Registry& registry);

/// Returns the names of the data sets that `prediction_graph` replaces: resources with a parameter `path` that a source of the predict
/// phase uses. Throws Refusal if there is not exactly one predict phase.
[[nodiscard]] std::set<std::string> predicted_data_sets(const GraphDescription& graph, const Registry& registry);

/// Types of the nodes that `average_runs` adds. Each has one input port; that of `mean` and `disagreement` takes any number of values.
struct AveragingNodes {
  std::string mean;
  std::string disagreement;  ///< Empty, as `rows`: the disagreement is not measured.
  std::string rows;          ///< Gives the row of each sample of what `disagreement` gives.
};

/// Rewrites a prediction graph for several runs. Nodes of the device lane that depend on a resource with weights (`weighted`) are copied
/// once per run. The copies of run k use the resource `member_name(resource, k)`. Other nodes read the mean of the copies. If a node has an
/// input `x_disagreement` next to the input `x`, which reads such a node, it gets there how much the runs disagree. Throws Refusal if
/// `mean` does not take values of that type.
void average_runs(GraphDescription& graph, const std::set<std::string>& weighted, int runs, const AveragingNodes& names,
                  const Registry& registry);

/// Returns the name of a resource or node in run k of several. In run 0 it is `name`.
[[nodiscard]] std::string member_name(const std::string& name, int run);

}  // namespace leat
