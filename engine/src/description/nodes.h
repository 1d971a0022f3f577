#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "description/reading.h"

namespace leat {

/// `node.port` or `node`; empty and a report where the value is neither.
[[nodiscard]] std::optional<Reference> read_reference(const Tree& tree, const std::string& subject, Reading& reading);
/// A node's `in`: a reference, or a map from ports to references or to maps of named references.
[[nodiscard]] std::vector<InputText> read_inputs(const Tree& in, const std::string& what, Reading& reading);
/// A node whose text is substituted already; `name` is as it is written there.
[[nodiscard]] NodeText read_node(const Tree& tree, const std::string& name, const Place& place, Reading& reading);
[[nodiscard]] std::vector<ComponentText> read_resources(const Tree& resources, Reading& reading);

}  // namespace leat
