#include "run/ledger.h"

namespace leat::run {

Layout::Layout(const ProgramPhase& phase) {
  const auto rows = [&](int origin) { return phase.origins[static_cast<std::size_t>(origin)].rows; };
  for (const Origin& origin : phase.origins) {
    sample.push_back(samples);
    samples += origin.rows;
  }
  for (const Wire& wire : phase.wires) {
    cell.push_back(cells);
    cells += wire.grain == Grain::Slot ? rows(wire.origin) : 1;
    readers.push_back(static_cast<int>(wire.readers.size()));
  }
  for (std::size_t k = 0; k < phase.nodes.size(); ++k) {
    const ProgramNode& node = phase.nodes[k];
    unit.push_back(units);
    if (node.segment >= 0) continue;
    units += node.grain == Grain::Slot ? rows(node.origin) : 1;
    node_of_unit.resize(static_cast<std::size_t>(units), static_cast<int>(k));
  }
  first_segment_unit = units;
  units += static_cast<int>(phase.segments.size());
  for (std::size_t k = 0; k < phase.nodes.size(); ++k)
    if (phase.nodes[k].segment >= 0) unit[k] = first_segment_unit + phase.nodes[k].segment;

  std::vector<int> waits(static_cast<std::size_t>(units), 0);  // arrivals that come for one row
  slots.resize(phase.nodes.size());
  std::vector<StepUnit> by_unit(static_cast<std::size_t>(units));
  std::vector<bool> is_step(static_cast<std::size_t>(units), false);
  for (std::size_t k = 0; k < phase.nodes.size(); ++k) {
    const ProgramNode& node = phase.nodes[k];
    if (node.grain == Grain::Slot) {
      for (const BoundInput& input : node.inputs) {
        slots[k].first.push_back(static_cast<int>(slots[k].reads.size()));
        for (const Feed& feed : input.feeds) {
          const auto wire = static_cast<std::size_t>(feed.wire);
          slots[k].reads.push_back({cell[wire], readers[wire], input.port->kind() == PortKind::Maybe});
        }
      }
      waits[static_cast<std::size_t>(unit[k])] = static_cast<int>(slots[k].reads.size());
      for (const int wire : node.wires)
        slots[k].writes.push_back(readers[static_cast<std::size_t>(wire)] > 0 ? cell[static_cast<std::size_t>(wire)] : -1);
      continue;
    }
    StepUnit& one = by_unit[static_cast<std::size_t>(unit[k])];
    one.unit = unit[k];
    is_step[static_cast<std::size_t>(unit[k])] = true;
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds) {
        const Wire& wire = phase.wires[static_cast<std::size_t>(feed.wire)];
        const int writer_segment = phase.nodes[static_cast<std::size_t>(wire.node)].segment;
        if (writer_segment >= 0 && writer_segment == node.segment) continue;
        if (wire.grain == Grain::Slot) one.gathered.push_back(wire.origin);
        else ++one.values;
      }
  }
  for (std::size_t u = 0; u < by_unit.size(); ++u) {
    if (!is_step[u]) continue;
    waits[u] = by_unit[u].gathered.empty() ? by_unit[u].values : 0;
    step_units.push_back(std::move(by_unit[u]));
  }

  for (const Wire& wire : phase.wires) {
    const bool is_slots = phase.nodes[static_cast<std::size_t>(wire.node)].grain == Grain::Slot;
    auto& list = targets.emplace_back();
    const int writer_segment = phase.nodes[static_cast<std::size_t>(wire.node)].segment;
    for (const Wire::Reader& reader : wire.readers) {
      const ProgramNode& node = phase.nodes[static_cast<std::size_t>(reader.node)];
      if (writer_segment >= 0 && writer_segment == node.segment) continue;
      const int first = unit[static_cast<std::size_t>(reader.node)];
      list.push_back({first, node.segment >= 0 ? -1 : reader.node, node.grain == Grain::Slot, waits[static_cast<std::size_t>(first)] == 1});
      if (is_slots) slots[static_cast<std::size_t>(wire.node)].targets.push_back(list.back());
    }
  }
}

Ledger::Ledger(const ProgramPhase& phase, const Layout& layout)
    : rows(phase.origins.size()),
      cells(static_cast<std::size_t>(layout.cells)),
      sizes(static_cast<std::size_t>(layout.cells)),
      device(phase.wires.size()),
      row_states(phase.wires.size()),
      samples(static_cast<std::size_t>(layout.samples)),
      missing(std::make_unique<std::atomic<int>[]>(static_cast<std::size_t>(layout.units))),
      unread(std::make_unique<std::atomic<int>[]>(static_cast<std::size_t>(layout.cells))) {}

}  // namespace leat::run
