#include "run/ledger.h"

namespace leat::run {

namespace {

/// Resets a sample. Checks first whether it is set, because most generated samples are not, and the check is cheaper than the reset.
void forget(Sample& sample) {
  const bool is_named =
      !sample.id.empty() || !sample.file.empty() || !sample.group.empty() || !sample.patient.empty() || !sample.facts.empty();
  if (is_named) sample = Sample();
}

}  // namespace

Ledger::Ledger(const ProgramPhase& phase, const Layout& layout)
    : layout(layout),
      rows(phase.origins.size()),
      cells(static_cast<std::size_t>(layout.cells)),
      sizes(static_cast<std::size_t>(layout.cells)),
      device(phase.wires.size()),
      row_states(phase.wires.size()),
      samples(static_cast<std::size_t>(layout.samples)),
      stretch_calls(static_cast<std::size_t>(layout.stretch_calls)),
      missing(std::make_unique<std::atomic<int>[]>(static_cast<std::size_t>(layout.tasks))),
      unread(std::make_unique<std::atomic<int>[]>(static_cast<std::size_t>(layout.cells))) {}

std::vector<int> Ledger::open(const ProgramPhase& phase, std::int64_t of_step, const std::vector<int>& rows_of_step) {
  step = of_step;
  is_finished.store(false, std::memory_order_relaxed);
  has_border = false;
  resources.clear();
  rows = rows_of_step;
  for (std::size_t k = 0; k < phase.origins.size(); ++k)
    for (int place = 0; place < rows[k]; ++place) forget(samples[static_cast<std::size_t>(layout.sample[k] + place)]);
  int tasks = 0;
  for (std::size_t k = 0; k < phase.nodes.size(); ++k) {
    const ProgramNode& node = phase.nodes[k];
    if (node.grain != Grain::Slot) continue;
    const int places = rows[static_cast<std::size_t>(node.origin)];
    const int arrivals = static_cast<int>(layout.slots[k].reads.size());
    for (int place = 0; place < places; ++place)
      missing[static_cast<std::size_t>(layout.task[k] + place)].store(arrivals, std::memory_order_relaxed);
    tasks += places;
  }
  std::vector<int> ready;
  for (const Origin& origin : phase.origins) {
    const auto source = static_cast<std::size_t>(origin.source);
    for (int place = 0; place < rows[static_cast<std::size_t>(phase.nodes[source].origin)]; ++place)
      ready.push_back(layout.task[source] + place);
  }
  for (const Layout::StepTask& one : layout.step_tasks) {
    int arrivals = one.values;
    for (const int origin : one.gathered) arrivals += rows[static_cast<std::size_t>(origin)];
    missing[static_cast<std::size_t>(one.task)].store(arrivals, std::memory_order_relaxed);
    if (arrivals == 0) ready.push_back(one.task);
    ++tasks;
  }
  for (std::size_t k = 0; k < phase.wires.size(); ++k) {
    const Wire& wire = phase.wires[k];
    const int cells_of_wire = wire.grain == Grain::Slot ? rows[static_cast<std::size_t>(wire.origin)] : 1;
    for (int cell = 0; cell < cells_of_wire; ++cell)
      unread[static_cast<std::size_t>(layout.cell[k] + cell)].store(layout.readers[k], std::memory_order_relaxed);
    row_states[k] = nullptr;
  }
  outstanding.store(tasks, std::memory_order_release);
  // A process can have no slot in a step.
  if (tasks == 0) is_finished.store(true);
  return ready;
}

}  // namespace leat::run
