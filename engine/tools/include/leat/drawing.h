#pragma once

#include <string>

#include "leat/program.h"

namespace leat {

/// A table of every edge of a program: from where to where, the value's type and shape, how often one comes, and whether it leaves its
/// lane.
[[nodiscard]] std::string edge_table(const Program& program);

/// One phase as text that others draw: groups are instances of templates, colours are lanes, thick lines carry whole steps.
[[nodiscard]] std::string mermaid(const Program& program, const ProgramPhase& phase);
/// The same for Graphviz.
[[nodiscard]] std::string dot(const Program& program, const ProgramPhase& phase);

}  // namespace leat
