#pragma once

#include "leat/program.h"
#include "program/configure.h"

namespace leat::program {

/// The types that a graph can use.
struct Types {
  const Registry& registry;
  std::vector<std::string> missing_plugins;  ///< Ids of plugins that the graph needs, but that are not loaded.

  /// Returns true if the type's family is a missing plugin, whose absence is reported already.
  [[nodiscard]] bool is_of_missing_plugin(std::string_view type) const;
  [[nodiscard]] const NodeType* find_node(const Named& uses, Diagnostics& diagnostics) const;          ///< Returns null after a report.
  [[nodiscard]] const ResourceType* find_resource(const Named& uses, Diagnostics& diagnostics) const;  ///< Returns null after a report.
  /// Returns the type whose name is most similar to an unknown one, so that other mistakes in the text can be reported; null if none is
  /// similar.
  [[nodiscard]] const NodeType* nearest_node(const Named& uses) const;
  [[nodiscard]] const ResourceType* nearest_resource(const Named& uses) const;
};

/// The resources that are valid, so that their own code can be called.
struct ResourcesKnown {
  bool has_all = true;         ///< False: a mistake was reported, which can hide some.
  std::vector<bool> is_whole;  ///< Indexed by resource of the program.
};

/// Creates the resources, each after those that it uses, and surveys them.
[[nodiscard]] ResourcesKnown build_resources(const GraphDescription& graph, const Types& types, Program& program, Diagnostics& diagnostics);

/// The resources that a component uses, as pairs (resource, access), directly and through other resources.
struct Bound {
  std::vector<std::pair<int, UsePort::Access>> resources;
  bool is_whole = true;  ///< All of them exist and are valid.
};
[[nodiscard]] Bound bind_resources(const std::vector<NamedUse>& uses, const std::string& user, const ResourcesKnown& known,
                                   Program& program, Diagnostics& diagnostics);
[[nodiscard]] Opening opening_of(const Program& program, const std::string& phase, const std::string& name);
/// Adds the facts about a resource from an earlier run. Adds nothing if the resource had another type there.
void add_earlier(Opening& opening, const EarlierRun& earlier, const ProgramResource& resource);

}  // namespace leat::program
