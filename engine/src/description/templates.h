#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "description/nodes.h"
#include "description/parameters.h"

namespace leat {

/// A group of nodes under one name, with inputs, outputs and parameters of its own.
struct Template {
  std::string name;
  Place place;
  const Tree* nodes = nullptr;  ///< Points into the graph's tree.
  std::vector<Named> inputs;
  std::map<std::string, Reference> outputs;
  std::vector<Parameter> params;
  bool has_all_inputs = true;  ///< As in `Templates`.
  bool has_all_params = true;
  bool is_broken = false;  ///< A mistake was reported, so missing parts are unknown.
  bool is_read = true;     ///< False: its name was refused, and nothing else of it was read.
};

struct Templates {
  std::map<std::string, Template> all;
  bool has_all = true;  ///< False: a mistake was reported, which can hide some.
};

/// The nodes of a phase after the expansion of templates. Each instance is replaced by the template's nodes, and references are to these.
struct Expanded {
  std::vector<NodeText> nodes;
  std::vector<ThroughText> through;
  std::vector<InstanceText> instances;
};

[[nodiscard]] Templates read_templates(const Tree* templates, Reading& reading);
/// Expands the templates in `nodes`, and adds their names to `used`.
[[nodiscard]] Expanded expand_nodes(const Tree& nodes, const Templates& templates, const Scope& graph, std::set<std::string>& used,
                                    Reading& reading);
/// Returns the nodes of an unused template, as those of an instance with its name and unknown inputs.
[[nodiscard]] Expanded expand_template(const Template& one, const Templates& templates, const Scope& graph, std::set<std::string>& used,
                                       Reading& reading);

}  // namespace leat
