#include "run/steps_in_flight.h"

#include <utility>

namespace leat::run {

StepsInFlight::StepsInFlight(const ProgramPhase& phase, const Layout& layout, std::int64_t first_step)
    : next_(first_step), retired_(first_step) {
  for (int k = 0; k < phase.credits; ++k) ledgers_.push_back(std::make_unique<Ledger>(phase, layout));
}

Ledger* StepsInFlight::finished() const {
  const std::int64_t oldest = retired_.load();
  if (oldest == next_.load()) return nullptr;
  Ledger& ledger = of(oldest);
  return ledger.is_finished.load() ? &ledger : nullptr;
}

bool StepsInFlight::done(Ledger& ledger, int tasks) {
  const std::int64_t step = ledger.step;
  if (ledger.outstanding.fetch_sub(tasks, std::memory_order_acq_rel) != tasks) return false;
  // Sequentially consistent order: either the thread that has just retired the step before sees the flag, or this thread sees that its step
  // is the oldest.
  ledger.is_finished.store(true);
  return retired_.load() == step;
}

std::int64_t StepsInFlight::abandon() {
  std::int64_t bytes = 0;
  for (const auto& ledger : ledgers_) {
    for (std::size_t k = 0; k < ledger->cells.size(); ++k) {
      bytes += std::exchange(ledger->sizes[k], 0);
      ledger->cells[k].reset();
    }
    for (Value& value : ledger->device) value.reset();
    ledger->metrics.clear();
  }
  return bytes;
}

}  // namespace leat::run
