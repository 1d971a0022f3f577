#include "run/named_call.h"

#include "run/flow.h"

namespace leat::run {

bool NamedCall::tell(CrashLine& line) const {
  if (!call_.node) return false;
  line.add_name(call_.node->name, call_.node->type->id, call_.node->type->plugin, call_.node->place);
  const int length = static_cast<int>(call_.key.phase.size());
  if (call_.finished) line.add("at the end of `%.*s`", length, call_.key.phase.data());
  else line.add("at step %lld of `%.*s`", static_cast<long long>(call_.key.step), length, call_.key.phase.data());
  if (call_.place >= 0) {
    const int sample = call_.ledger->layout.sample[static_cast<std::size_t>(call_.node->origin)] + call_.place;
    line.add(", slot %d, sample `%s`", call_.key.slot, call_.ledger->samples[static_cast<std::size_t>(sample)].id.c_str());
  }
  return true;
}

}  // namespace leat::run
