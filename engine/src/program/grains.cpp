#include "program/grains.h"

#include <algorithm>

#include "program/edges.h"

namespace leat::program {

namespace {

const Wire& wire_of(const ProgramPhase& phase, const Feed& feed) { return phase.wires[static_cast<std::size_t>(feed.wire)]; }

std::string grain_words(Grain grain) { return grain == Grain::Slot ? "one value a sample" : "one value a step"; }

bool pairs_rows(const Port& port) {
  if (port.is(any_rows)) return false;
  return is_gather(port.kind()) || (!port.contract().dims.empty() && port.contract().dims[0].symbol == "N");
}

/// By its ports a step, or by what it reads.
Grain grain_of(const ProgramPhase& phase, const ProgramNode& node) {
  if (node.source) return Grain::Slot;
  for (const Port* port : node.node->outputs())
    if (port->kind() == PortKind::Scatter) return Grain::Step;
  for (const BoundInput& input : node.inputs) {
    if (is_gather(input.port->kind())) return Grain::Step;
    for (const Feed& feed : input.feeds)
      if (wire_of(phase, feed).grain == Grain::Step) return Grain::Step;
  }
  return node.lane == LaneKind::Device ? Grain::Step : Grain::Slot;
}

void check_input_grains(const ProgramPhase& phase, const ProgramNode& node, Diagnostics& diagnostics) {
  for (const BoundInput& input : node.inputs)
    for (const Feed& feed : input.feeds) {
      const Wire& wire = wire_of(phase, feed);
      const Grain wanted = is_gather(input.port->kind()) || node.grain == Grain::Slot ? Grain::Slot : Grain::Step;
      if (wire.grain == wanted) continue;
      const std::string port = "`" + std::string(input.port->name()) + "` of `" + node.name + "`";
      const std::string on_device = node.lane == LaneKind::Device ? "the device lane works on whole steps; " : "";
      diagnostics.error("edge.grain", feed.place,
                        "`" + name_of(phase, wire) + "` gives " + grain_words(wire.grain) + ", " + port + " takes " +
                            (is_gather(input.port->kind()) ? "all samples of a step" : grain_words(wanted)),
                        wire.grain == Grain::Slot
                            ? on_device + "a node that gathers, such as `tensor.normalize`, makes one value of a step's samples"
                            : "");
    }
}

/// The origin that the node's slots or rows have; two of them are refused with both places.
void solve_origin(ProgramPhase& phase, int index, Diagnostics& diagnostics) {
  ProgramNode& node = phase.nodes[static_cast<std::size_t>(index)];
  const Feed* first = nullptr;
  for (const BoundInput& input : node.inputs) {
    if (node.grain == Grain::Step && !pairs_rows(*input.port)) continue;
    for (const Feed& feed : input.feeds) {
      const Wire& wire = wire_of(phase, feed);
      if (wire.origin < 0) {
        diagnostics.error("rows.unknown", feed.place,
                          "`" + name_of(phase, wire) + "` has no rows, `" + std::string(input.port->name()) + "` of `" + node.name +
                              "` wants one for each sample");
        continue;
      }
      if (!first) {
        first = &feed;
        node.origin = wire.origin;
      } else if (wire.origin != node.origin) {
        const auto source = [&](int origin) {
          return "`" + phase.nodes[static_cast<std::size_t>(phase.origins[static_cast<std::size_t>(origin)].source)].name + "`";
        };
        diagnostics
            .error("rows.paired", feed.place,
                   "`" + node.name + "` would pair samples of " + source(wire.origin) + " with samples of " + source(node.origin),
                   "their rows have nothing to do with each other")
            .notes.push_back({first->place, "samples of " + source(node.origin) + " come in here"});
      }
    }
  }
}

}  // namespace

void solve_grains(ProgramPhase& phase, Diagnostics& diagnostics) {
  for (const int index : phase.order) {
    ProgramNode& node = phase.nodes[static_cast<std::size_t>(index)];
    node.grain = grain_of(phase, node);
    if (node.source) {
      if (node.lane == LaneKind::Device)
        diagnostics.error("edge.grain", node.place,
                          "`" + node.name + "` (" + node.type->id + ") gives single samples, the device lane takes whole steps",
                          "sources run on the cpu lane");
      node.origin = static_cast<int>(phase.origins.size());
      phase.origins.push_back({index, *node.source->batch});
    } else {
      const bool is_fed = std::any_of(node.inputs.begin(), node.inputs.end(), [](const BoundInput& input) { return !input.feeds.empty(); });
      if (!is_fed)
        diagnostics.error("source.missing", node.place,
                          "`" + node.name + "` (" + node.type->id + ") reads nothing, and is no source: it would never run",
                          node.inputs.empty() ? "" : "`in: {" + std::string(node.inputs[0].port->name()) + ": …}`");
      check_input_grains(phase, node, diagnostics);
      solve_origin(phase, index, diagnostics);
    }
    if (node.skips_errors && node.grain == Grain::Step)
      diagnostics.error("node.refused", node.place, "`" + node.name + "` takes whole steps; `on_error: skip` drops single samples");
    for (const int w : node.wires) {
      Wire& wire = phase.wires[static_cast<std::size_t>(w)];
      const bool scatters = wire.port->kind() == PortKind::Scatter;
      wire.grain = scatters ? Grain::Slot : node.grain;
      wire.origin = wire.grain == Grain::Slot || pairs_rows(*wire.port) ? node.origin : -1;
    }
  }
}

}  // namespace leat::program
