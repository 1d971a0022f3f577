#include "run/working_at.h"

#include "run/flow.h"

namespace leat::run {

bool WorkingAt::tell(CrashLine& line) const {
  if (!site_.node) return false;
  line.add_name(site_.node->name, site_.node->type->id, site_.node->type->plugin, site_.node->place);
  const int length = static_cast<int>(site_.key.phase.size());
  if (site_.finished) line.add("at the end of `%.*s`", length, site_.key.phase.data());
  else line.add("at step %lld of `%.*s`", static_cast<long long>(site_.key.step), length, site_.key.phase.data());
  if (site_.key.slot >= 0) {
    const int sample = site_.flow.layout().sample[static_cast<std::size_t>(site_.node->origin)] + site_.key.slot;
    line.add(", slot %d, sample `%s`", site_.key.slot, site_.ledger->samples[static_cast<std::size_t>(sample)].id.c_str());
  }
  return true;
}

}  // namespace leat::run
