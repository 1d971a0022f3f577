#pragma once

#include "leat/program.h"
#include "program/configure.h"

namespace leat::program {

/// The types that a graph can use.
struct Types {
  const Registry& registry;
  std::vector<std::string> missing_plugins;  ///< What the graph needs and nobody loaded.

  /// Returns true if the type's family is called as a missing plugin, whose absence is told already.
  [[nodiscard]] bool is_of_missing_plugin(std::string_view type) const;
  [[nodiscard]] const NodeType* find_node(const Named& uses, Diagnostics& diagnostics) const;          ///< Null: it was reported.
  [[nodiscard]] const ResourceType* find_resource(const Named& uses, Diagnostics& diagnostics) const;  ///< Null: it was reported.
  /// The type that a name which is no type's is most like, so that what else is wrong in its text can be told. Null: there is none.
  [[nodiscard]] const NodeType* nearest_node(const Named& uses) const;
  [[nodiscard]] const ResourceType* nearest_resource(const Named& uses) const;
};

/// Which resources are right, so that their own code may be asked.
struct ResourcesKnown {
  bool has_all = true;         ///< False: a mistake was reported, and there may be more.
  std::vector<bool> is_whole;  ///< By resource of the program.
};

/// Makes the resources, in an order in which what is used stands first, and surveys them.
[[nodiscard]] ResourcesKnown build_resources(const GraphDescription& graph, const Types& types, Program& program, Diagnostics& diagnostics);

/// The resources that a component names, (resource, access), through other resources too.
struct Bound {
  std::vector<std::pair<int, UsePort::Access>> resources;
  bool is_whole = true;  ///< All of them are there, and right.
};
[[nodiscard]] Bound bind_resources(const std::vector<NamedUse>& uses, const std::string& user, const ResourcesKnown& known,
                                   Program& program, Diagnostics& diagnostics);
/// What a component learns while the graph is checked: its warnings are told at `place`, what it discloses is the program's.
[[nodiscard]] Opening survey_opening(Program& program, const std::string& phase, const ComponentText& text, Diagnostics& diagnostics);
/// Keeps a sentence once.
void add_disclosure(Program& program, const std::string& sentence);
/// Says what an earlier run left of a resource; nothing where that was one of another type.
void add_earlier(Opening& opening, const EarlierRun& earlier, const ProgramResource& resource);

}  // namespace leat::program
