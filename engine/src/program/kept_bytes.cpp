#include "program/kept_bytes.h"

#include <cstdint>
#include <vector>

namespace leat::program {

void share_kept_bytes(Program& program, const PlanText& text, bool is_sized, Diagnostics& diagnostics) {
  if (text.keep_bytes == 0) return;
  std::vector<ProgramNode*> keepers;
  for (const int index : program.plan.then) {
    ProgramPhase& phase = program.phases[static_cast<std::size_t>(index)];
    if (phase.kind != PhaseKind::Test) continue;
    for (ProgramNode& node : phase.nodes)
      if (node.keeps_results) keepers.push_back(&node);
  }
  program.plan.keep_bytes = text.keep_bytes;
  for (ProgramNode* node : keepers) node->keep_bytes = text.keep_bytes / static_cast<std::int64_t>(keepers.size());
  if (keepers.empty() && is_sized && !diagnostics.has_errors() && !text.is_broken)
    diagnostics.error("plan.keep", text.keep_place, "`keep_results` has no effect: no test phase of `then` has a node that keeps results",
                      "`metric.segmentation` and `metric.saliency` do, and `metric.classification` with `picture`; or remove it");
}

}  // namespace leat::program
