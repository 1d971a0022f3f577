#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "leat/description.h"
#include "leat/registry.h"

namespace leat {

/// Of a graph its predict phase alone, with the resources that it uses and a plan that runs it, on other images: each data set that one of
/// its sources names (a resource with a parameter `path`) is all of `images`, a folder, a list or one picture, and has no other setting.
/// Throws Refusal where there is no predict phase or more than one, and where none of its sources names a data set.
[[nodiscard]] GraphDescription prediction_graph(const GraphDescription& graph, const std::filesystem::path& images,
                                                const Registry& registry);

/// The names of its resources that a source of its predict phase reads and that have a parameter `path`: the data sets that
/// `prediction_graph` replaces. Throws Refusal where there is no predict phase or more than one.
[[nodiscard]] std::set<std::string> predicted_data_sets(const GraphDescription& graph, const Registry& registry);

/// Makes a prediction graph that of several runs. Nodes of the device lane that hang on a resource with weights (`weighted`) are there once
/// a run, those of run k with the resource `member_name(resource, k)`; where a value leaves them for another node, it goes through a node
/// of type `mean`, which has one Inputs port. Throws Refusal where such a value is of a type that `mean` does not take.
void average_runs(GraphDescription& graph, const std::set<std::string>& weighted, int runs, const std::string& mean,
                  const Registry& registry);

/// What a resource or node is called in run k of several; that of run 0 keeps its name.
[[nodiscard]] std::string member_name(const std::string& name, int run);

}  // namespace leat
