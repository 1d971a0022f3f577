#include "conformance/tried_graph.h"

#include "leat/tbb_executor.h"
#include "leat/thread_lane.h"

namespace leat::conformance {

Program TriedGraph::build(const GraphDescription& other, const Registry& types) const {
  Diagnostics diagnostics;
  Program program = Program::build(other, types, {0, device}, diagnostics);
  diagnostics.throw_if_errors();
  return program;
}

std::unique_ptr<Lane> TriedGraph::lane() const { return make_lane(registry, device); }

std::unique_ptr<Executor> TriedGraph::threads(int count) const { return make_tbb_executor(count, registry.worker()); }

RunOptions TriedGraph::options(Observer& observer, std::int64_t steps) const {
  RunOptions out;
  out.stop_after_steps = steps;
  out.weights = weights;
  out.observers = {{&observer, Hears::Calls | Hears::Requests}};
  return out;
}

Outcome TriedGraph::outcome(int thread_count, Observer& observer) const {
  Program program = build();
  return Outcome::of(program, lane(), threads(thread_count), options(observer));
}

std::string type_of(const Program& program, const std::string& node) {
  for (const ProgramPhase& phase : program.phases)
    if (const int index = phase.find(node); index >= 0) return phase.nodes[static_cast<std::size_t>(index)].type->id;
  return {};
}

}  // namespace leat::conformance
