#include "run/layout.h"

#include <utility>

#include "run/promise.h"

namespace leat::run {

namespace {

/// Returns, for each node, which nodes are upstream of it.
std::vector<std::vector<char>> upstream_of(const ProgramPhase& phase) {
  std::vector<std::vector<char>> out(phase.nodes.size(), std::vector<char>(phase.nodes.size(), 0));
  for (const int index : phase.order) {
    std::vector<char>& all = out[static_cast<std::size_t>(index)];
    for (const BoundInput& input : phase.nodes[static_cast<std::size_t>(index)].inputs)
      for (const Feed& feed : input.feeds) {
        const auto writer = static_cast<std::size_t>(phase.wires[static_cast<std::size_t>(feed.wire)].node);
        all[writer] = 1;
        for (std::size_t k = 0; k < all.size(); ++k) all[k] = static_cast<char>(all[k] | out[writer][k]);
      }
  }
  return out;
}

}  // namespace

Layout::Layout(const ProgramPhase& phase, const BatchShare& of) : share(of) {
  for (const Origin& origin : phase.origins) {
    const int batch = *phase.nodes[static_cast<std::size_t>(origin.source)].source->batch;
    rows.push_back(share.places_of(batch));
    sample.push_back(samples);
    samples += rows.back();
  }
  const auto rows_of = [this](int origin) { return rows[static_cast<std::size_t>(origin)]; };
  for (const Wire& wire : phase.wires) {
    cell.push_back(cells);
    cells += wire.grain == Grain::Slot ? rows_of(wire.origin) : 1;
    readers.push_back(static_cast<int>(wire.readers.size()));
  }
  for (std::size_t k = 0; k < phase.nodes.size(); ++k) {
    const ProgramNode& node = phase.nodes[k];
    task.push_back(tasks);
    if (node.segment >= 0) continue;
    tasks += node.grain == Grain::Slot ? rows_of(node.origin) : 1;
    node_of_task.resize(static_cast<std::size_t>(tasks), static_cast<int>(k));
  }
  first_segment_task = tasks;
  tasks += static_cast<int>(phase.segments.size());
  for (std::size_t k = 0; k < phase.nodes.size(); ++k)
    if (phase.nodes[k].segment >= 0) task[k] = first_segment_task + phase.nodes[k].segment;

  slots.resize(phase.nodes.size());
  for (const Wire& wire : phase.wires) {
    SlotNode& writer = slots[static_cast<std::size_t>(wire.node)];
    writer.is_checked = writer.is_checked || is_promised(wire);
    writer.is_recorded = writer.is_recorded || wire.is_recorded;
  }
  for (std::size_t k = 0; k < phase.stretches.size(); ++k) {
    const std::vector<int>& nodes = phase.stretches[k].nodes;
    for (std::size_t position = 0; position < nodes.size(); ++position) {
      SlotNode& one = slots[static_cast<std::size_t>(nodes[position])];
      one.stretch = static_cast<int>(k);
      one.position = static_cast<int>(position);
      one.ends_stretch = position + 1 == nodes.size();
    }
    stretch_call.push_back(stretch_calls);
    stretch_calls += rows_of(phase.nodes[static_cast<std::size_t>(nodes.front())].origin);
  }
  std::vector<std::vector<char>> upstream = upstream_of(phase);
  for (std::size_t k = 0; k < slots.size(); ++k)
    if (phase.nodes[k].grain == Grain::Slot) slots[k].upstream = std::move(upstream[k]);
  std::vector<int> waits(static_cast<std::size_t>(tasks), 0);  // Indexed by task: number of arrivals; 0 for a task that gathers.
  std::vector<StepTask> by_task(static_cast<std::size_t>(tasks));
  std::vector<bool> is_step(static_cast<std::size_t>(tasks), false);
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
      waits[static_cast<std::size_t>(task[k])] = static_cast<int>(slots[k].reads.size());
      for (const int wire : node.wires)
        slots[k].writes.push_back(readers[static_cast<std::size_t>(wire)] > 0 ? cell[static_cast<std::size_t>(wire)] : -1);
      continue;
    }
    StepTask& one = by_task[static_cast<std::size_t>(task[k])];
    one.task = task[k];
    is_step[static_cast<std::size_t>(task[k])] = true;
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds) {
        const Wire& wire = phase.wires[static_cast<std::size_t>(feed.wire)];
        const int writer_segment = phase.nodes[static_cast<std::size_t>(wire.node)].segment;
        if (writer_segment >= 0 && writer_segment == node.segment) continue;
        if (wire.grain == Grain::Slot) one.gathered.push_back(wire.origin);
        else ++one.values;
      }
  }
  for (std::size_t u = 0; u < by_task.size(); ++u) {
    if (!is_step[u]) continue;
    waits[u] = by_task[u].gathered.empty() ? by_task[u].values : 0;
    step_tasks.push_back(std::move(by_task[u]));
  }

  for (const Wire& wire : phase.wires) {
    const bool is_slots = phase.nodes[static_cast<std::size_t>(wire.node)].grain == Grain::Slot;
    auto& list = targets.emplace_back();
    const int writer_segment = phase.nodes[static_cast<std::size_t>(wire.node)].segment;
    for (const Wire::Reader& reader : wire.readers) {
      const ProgramNode& node = phase.nodes[static_cast<std::size_t>(reader.node)];
      if (writer_segment >= 0 && writer_segment == node.segment) continue;
      const int first = task[static_cast<std::size_t>(reader.node)];
      list.push_back({first, node.segment >= 0 ? -1 : reader.node, node.grain == Grain::Slot, waits[static_cast<std::size_t>(first)] == 1});
      if (is_slots) slots[static_cast<std::size_t>(wire.node)].targets.push_back(list.back());
    }
  }
}

}  // namespace leat::run
