#pragma once

#include <map>

#include "leat/program.h"
#include "program/configure.h"

// The passes of Program::build over one phase, in this order. Each reports all it can; a pass runs only if those before it found nothing.
namespace leat::program {

using ResourceIndex = std::map<std::string, int>;

/// Whether the plugins are loaded that the graph needs.
void check_needs(const std::vector<NeedText>& needs, const Registry& registry, Diagnostics& diagnostics);

/// Makes the resources, in an order in which what is used stands first, and surveys them.
void build_resources(const GraphDescription& graph, const Registry& registry, Program& program, Diagnostics& diagnostics);
/// Binds what a component names; collects (resource, access), through other resources too.
[[nodiscard]] std::vector<std::pair<int, UsePort::Access>> bind_resources(const std::vector<NamedUse>& uses, const std::string& user, Program& program,
                                                                         Diagnostics& diagnostics);

/// Makes and configures the nodes.
void make_nodes(const PhaseText& text, const Registry& registry, Program& program, ProgramPhase& phase, Diagnostics& diagnostics);
/// Connects inputs to outputs: names, types, missing inputs, diagnostic ports.
void connect(const PhaseText& text, ProgramPhase& phase, Diagnostics& diagnostics);
/// A topological order that keeps to the order of the text where it can; shorter than the phase where there is a cycle. `extra` are
/// edges that no value flows along.
[[nodiscard]] std::vector<int> declared_order(const ProgramPhase& phase, const std::vector<std::pair<int, int>>& extra);
/// Orders the nodes, or reports each cycle with its path.
void order_nodes(ProgramPhase& phase, Diagnostics& diagnostics);
/// Which nodes run for slots, which for steps, whose slots and whose rows.
void solve_grains(ProgramPhase& phase, Diagnostics& diagnostics);
/// Unifies the contracts of both ends of every edge and calls each node's `shapes`.
void solve_contracts(const PhaseText& text, ProgramPhase& phase, Diagnostics& diagnostics);
/// Forms segments, orders users of resources, finds gradients that would leave a segment.
void form_segments(const PhaseText& text, const Program& program, ProgramPhase& phase, Diagnostics& diagnostics);
/// Sizes of the values of a step.
void size_phase(ProgramPhase& phase);

/// The plan, the lengths of phases, and the credits that the memory allows.
void build_plan(const GraphDescription& graph, Program& program, Diagnostics& diagnostics);

/// `node.port` of a wire, for messages.
[[nodiscard]] std::string name_of(const ProgramPhase& phase, const Wire& wire);
/// "45.1 kB"
[[nodiscard]] std::string size_words(std::int64_t bytes);
using Row = std::vector<std::string>;
/// Rows as a table of aligned columns, two spaces before each line.
[[nodiscard]] std::string columns(const std::vector<Row>& rows);
[[nodiscard]] Opening opening_of(const Program& program, const std::string& phase, const std::string& name);

}  // namespace leat::program
