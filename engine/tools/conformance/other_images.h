#pragma once

#include <string>
#include <vector>

#include "leat/check_behaviour.h"
#include "leat/description.h"
#include "leat/registry.h"

namespace leat::conformance {

/// A graph in which nodes under test read other images than in their own graph.
struct OtherImages {
  std::string words;  ///< `with images in colour`
  GraphDescription graph;
};

/// Returns the phases of a graph in which nodes of the types under test get images in colour, and those in which they get images of 16 bit.
/// Only inputs that take such images get them, in place of gray images of 8 bit. The graphs have the nodes under test and what they read.
/// A node whose contract takes such images can still refuse them. Empty if the registry has no `trial.other_image`. Builds the graph in
/// this process.
[[nodiscard]] std::vector<OtherImages> with_other_images(const GraphDescription& graph, const Registry& registry,
                                                         const ConformanceSettings& settings, const std::string& device);

}  // namespace leat::conformance
