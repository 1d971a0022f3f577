#pragma once

#include "leat/program.h"
#include "program/configure.h"

namespace leat::program {

/// Makes the resources, in an order in which what is used stands first, and surveys them.
void build_resources(const GraphDescription& graph, const Registry& registry, Program& program, Diagnostics& diagnostics);
/// Binds what a component names; collects (resource, access), through other resources too.
[[nodiscard]] std::vector<std::pair<int, UsePort::Access>> bind_resources(const std::vector<NamedUse>& uses, const std::string& user,
                                                                          Program& program, Diagnostics& diagnostics);
[[nodiscard]] Opening opening_of(const Program& program, const std::string& phase, const std::string& name);

}  // namespace leat::program
