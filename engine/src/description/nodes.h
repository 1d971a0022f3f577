#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "description/reading.h"

namespace leat {

/// Reads `node.port` or `node`. Reports other values, and returns nullopt.
[[nodiscard]] std::optional<Reference> read_reference(const Tree& tree, const std::string& subject, Reading& reading);
/// Reads a node's `in`: a reference, or a map from ports to references or to maps of named references.
[[nodiscard]] std::vector<InputText> read_inputs(const Tree& in, const std::string& what, Reading& reading);
/// Reads a node whose parameters are substituted already. `name` is its name in the text.
[[nodiscard]] NodeText read_node(const Tree& tree, const std::string& name, const Place& place, Reading& reading);
[[nodiscard]] std::vector<ComponentText> read_resources(const Tree& resources, Reading& reading);

}  // namespace leat
