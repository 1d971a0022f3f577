#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "description/nodes.h"
#include "description/parameters.h"

namespace leat {

/// Nodes under one name, with inputs, outputs and parameters of their own.
struct Template {
  std::string name;
  Place place;
  const Tree* nodes = nullptr;  ///< Into the graph's tree.
  std::vector<Named> inputs;
  std::map<std::string, Reference> outputs;
  std::vector<Parameter> params;
  bool has_all_inputs = true;  ///< As `Templates::has_all`.
  bool has_all_params = true;
  bool is_broken = false;  ///< A mistake in it was reported: what it lacks is not known.
  bool is_read = true;     ///< False: its name was refused, and nothing else of it is known.
};

struct Templates {
  std::map<std::string, Template> all;
  bool has_all = true;  ///< False: a mistake was reported, and there may be more.
};

/// The nodes of a phase, with each instance of a template replaced by the template's nodes, and every reference to a node that is left.
struct Expanded {
  std::vector<NodeText> nodes;
  std::vector<ThroughText> through;
};

[[nodiscard]] Templates read_templates(const Tree* templates, Reading& reading);
/// Adds the templates that it uses to `used`.
[[nodiscard]] Expanded expand_nodes(const Tree& nodes, const Templates& templates, const Scope& graph, std::set<std::string>& used,
                                    Reading& reading);
/// The nodes of a template that nobody uses, as those of an instance of its name whose inputs are not known.
[[nodiscard]] Expanded expand_template(const Template& one, const Templates& templates, const Scope& graph, std::set<std::string>& used,
                                       Reading& reading);

}  // namespace leat
