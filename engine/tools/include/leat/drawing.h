#pragma once

#include <string>

#include "leat/program.h"

namespace leat {

/// Returns a table of all edges of a program: both ends, the value's type and shape, the number of values per step, the lanes and the
/// bytes.
[[nodiscard]] std::string edge_table(const Program& program);

/// Returns one phase as Mermaid text. Groups are template instances, colours are lanes, and thick lines carry values of whole steps.
[[nodiscard]] std::string mermaid(const Program& program, const ProgramPhase& phase);
/// Returns the same as Graphviz text.
[[nodiscard]] std::string dot(const Program& program, const ProgramPhase& phase);

}  // namespace leat
