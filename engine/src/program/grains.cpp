#include "program/grains.h"

#include <algorithm>
#include <optional>

#include "program/edges.h"

namespace leat::program {

namespace {

const Wire& wire_of(const ProgramPhase& phase, const Feed& feed) { return phase.wires[static_cast<std::size_t>(feed.wire)]; }

std::string grain_words(Grain grain) { return grain == Grain::Slot ? "one value per sample" : "one value per step"; }

bool pairs_rows(const Port& port) {
  if (port.is(any_rows)) return false;
  return is_gather(port.kind()) || (!port.contract().dims.empty() && port.contract().dims[0].symbol == "N");
}

bool is_known(const ProgramPhase& phase, const PhaseKnown& known, const Feed& feed) {
  return known.of(wire_of(phase, feed).node).has_grain;
}

/// Returns Step if an input gathers, an output scatters, an input reads a step-grain value, or the node runs on the device lane; otherwise
/// Slot. A source is always Slot. Returns nullopt if the grain is unknown because of mistakes.
std::optional<Grain> grain_of(const ProgramPhase& phase, const PhaseKnown& known, const ProgramNode& node,
                              const PhaseKnown::OfNode& of_node) {
  if (node.source) return Grain::Slot;
  for (const Port* port : node.node->outputs())
    if (port->kind() == PortKind::Scatter) return Grain::Step;
  bool has_all = of_node.has_inputs && of_node.has_lane;
  for (const BoundInput& input : node.inputs) {
    if (is_gather(input.port->kind())) return Grain::Step;
    for (const Feed& feed : input.feeds) {
      if (!is_known(phase, known, feed)) has_all = false;
      else if (wire_of(phase, feed).grain == Grain::Step) return Grain::Step;
    }
  }
  if (of_node.has_lane && node.lane == LaneKind::Device) return Grain::Step;
  return has_all ? std::optional(Grain::Slot) : std::nullopt;
}

void check_input_grains(const ProgramPhase& phase, const PhaseKnown& known, const ProgramNode& node, Diagnostics& diagnostics) {
  for (const BoundInput& input : node.inputs)
    for (const Feed& feed : input.feeds) {
      const Wire& wire = wire_of(phase, feed);
      if (!is_known(phase, known, feed)) continue;
      const Grain wanted = is_gather(input.port->kind()) || node.grain == Grain::Slot ? Grain::Slot : Grain::Step;
      if (wire.grain == wanted) continue;
      const std::string port = "`" + std::string(input.port->name()) + "` of `" + node.name + "`";
      const std::string on_device = node.lane == LaneKind::Device ? "the device lane works on whole steps; " : "";
      diagnostics.error("edge.grain", feed.place,
                        "`" + name_of(phase, wire) + "` outputs " + grain_words(wire.grain) + ", but " + port + " takes " +
                            (is_gather(input.port->kind()) ? "all samples of a step" : grain_words(wanted)),
                        wire.grain == Grain::Slot
                            ? on_device + "a node that gathers, such as `tensor.normalize`, makes one value of a step's samples"
                            : "");
    }
}

/// Finds the origin of the node's slots or rows. Reports inputs of different origins, with both places.
void solve_origin(ProgramPhase& phase, PhaseKnown& known, int index, Diagnostics& diagnostics) {
  ProgramNode& node = phase.nodes[static_cast<std::size_t>(index)];
  PhaseKnown::OfNode& of_node = known.of(index);
  const Feed* first = nullptr;
  of_node.has_origin = of_node.has_inputs;
  for (const BoundInput& input : node.inputs) {
    if (node.grain == Grain::Step && !pairs_rows(*input.port)) continue;
    for (const Feed& feed : input.feeds) {
      const Wire& wire = wire_of(phase, feed);
      if (!known.of(wire.node).has_origin) {
        of_node.has_origin = false;
        continue;
      }
      if (wire.origin < 0) {
        of_node.has_origin = false;
        if (!known.of(wire.node).is_whole) continue;
        diagnostics.error("rows.unknown", feed.place,
                          "`" + name_of(phase, wire) + "` has no rows, but `" + std::string(input.port->name()) + "` of `" + node.name +
                              "` needs one per sample");
        continue;
      }
      if (!first) {
        first = &feed;
        node.origin = wire.origin;
      } else if (wire.origin != node.origin) {
        const auto source = [&](int origin) {
          return "`" + phase.nodes[static_cast<std::size_t>(phase.origins[static_cast<std::size_t>(origin)].source)].name + "`";
        };
        of_node.has_origin = false;
        diagnostics
            .error("rows.paired", feed.place,
                   "`" + node.name + "` would pair samples of " + source(wire.origin) + " with samples of " + source(node.origin),
                   "rows of different sources cannot be paired")
            .notes.push_back({first->place, "samples of " + source(node.origin) + " arrive here"});
      }
    }
  }
}

void solve_source(ProgramPhase& phase, const PhaseKnown::OfNode& known, int index, Diagnostics& diagnostics) {
  ProgramNode& node = phase.nodes[static_cast<std::size_t>(index)];
  if (node.lane == LaneKind::Device && known.has_lane)
    diagnostics.error("edge.grain", node.place,
                      "`" + node.name + "` (" + node.type->id + ") outputs single samples, but the device lane takes whole steps",
                      "sources run on the cpu lane");
  node.origin = static_cast<int>(phase.origins.size());
  phase.origins.push_back({index, *node.source->batch});
}

void solve_reader(ProgramPhase& phase, PhaseKnown& known, int index, Diagnostics& diagnostics) {
  ProgramNode& node = phase.nodes[static_cast<std::size_t>(index)];
  PhaseKnown::OfNode& of_node = known.of(index);
  const bool is_fed = std::any_of(node.inputs.begin(), node.inputs.end(), [](const BoundInput& input) { return !input.feeds.empty(); });
  if (!is_fed && of_node.has_inputs) {
    of_node.has_inputs = false;
    diagnostics.error("source.missing", node.place,
                      "`" + node.name + "` (" + node.type->id + ") reads nothing and is not a source, so it would never run",
                      node.inputs.empty() ? "" : "`in: {" + std::string(node.inputs[0].port->name()) + ": …}`");
  }
  const std::size_t mistakes = diagnostics.all().size();
  check_input_grains(phase, known, node, diagnostics);
  if (diagnostics.all().size() == mistakes) solve_origin(phase, known, index, diagnostics);
  else of_node.has_grain = of_node.has_origin = false;
}

}  // namespace

void solve_grains(ProgramPhase& phase, PhaseKnown& known, Diagnostics& diagnostics) {
  for (const int index : phase.order) {
    ProgramNode& node = phase.nodes[static_cast<std::size_t>(index)];
    PhaseKnown::OfNode& of_node = known.of(index);
    if (!node.node) continue;
    const std::optional<Grain> grain = grain_of(phase, known, node, of_node);
    of_node.has_grain = grain.has_value();
    of_node.has_origin = of_node.has_grain;
    if (!grain) continue;
    node.grain = *grain;
    if (node.source) solve_source(phase, of_node, index, diagnostics);
    else solve_reader(phase, known, index, diagnostics);
    if (node.skips_errors && node.grain == Grain::Step)
      diagnostics.error("node.refused", node.place, "`" + node.name + "` takes whole steps, but `on_error: skip` drops single samples");
    for (const int w : node.wires) {
      Wire& wire = phase.wires[static_cast<std::size_t>(w)];
      const bool scatters = wire.port->kind() == PortKind::Scatter;
      wire.grain = scatters ? Grain::Slot : node.grain;
      wire.origin = wire.grain == Grain::Slot || pairs_rows(*wire.port) ? node.origin : -1;
    }
  }
}

}  // namespace leat::program
