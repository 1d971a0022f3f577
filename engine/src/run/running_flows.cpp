#include "run/running_flows.h"

namespace leat::run {

RunningFlows::RunningFlows(const Program& program) : program_(program), flows_(program.phases.size()) {
  for (const ProgramPhase& phase : program.phases) {
    first_station_.push_back(stations());
    for (std::size_t k = 0; k < phase.nodes.size(); ++k)
      stations_.push_back({static_cast<int>(&phase - program.phases.data()), static_cast<int>(k)});
  }
}

void RunningFlows::cut_off() {
  const std::lock_guard guard(lock_);
  is_cut_off_ = true;
  for (Flow* flow : flows_)
    if (flow) flow->cut_off();
}

void RunningFlows::cut_off_evaluations() {
  const std::lock_guard guard(lock_);
  for (Flow* flow : flows_)
    if (flow && flow->phase().kind != PhaseKind::Train) flow->cut_off();
}

std::optional<std::int64_t> RunningFlows::ask_checkpoint() {
  const std::lock_guard guard(lock_);
  for (Flow* flow : flows_)
    if (flow && flow->phase().kind == PhaseKind::Train) {
      flow->ask_checkpoint();
      return flow->steps_done();
    }
  return {};
}

std::int64_t RunningFlows::steps_done() const {
  const std::lock_guard guard(lock_);
  std::int64_t steps = 0;
  for (const Flow* flow : flows_) {
    if (flow && flow->phase().kind == PhaseKind::Train) return flow->steps_done();
    if (flow) steps = flow->steps_done();
  }
  return steps;
}

void RunningFlows::add_to(RunNow& now) const {
  const std::lock_guard guard(lock_);
  for (Flow* flow : flows_)
    if (flow)
      now.phases.push_back(
          {flow->phase().name, flow->steps_done(), flow->steps_admitted(), flow->phase().steps, flow->device_lane().waiting()});
}

RunningFlows::Entered::Entered(RunningFlows& flows, Flow& flow, int phase) : flows_(flows), flow_(flow), phase_(phase) {
  const std::lock_guard guard(flows_.lock_);
  flows_.flows_[static_cast<std::size_t>(phase)] = &flow;
  if (flows_.is_cut_off_) flow.cut_off();
}

RunningFlows::Entered::~Entered() {
  flow_.leave();
  const std::lock_guard guard(flows_.lock_);
  flows_.flows_[static_cast<std::size_t>(phase_)] = nullptr;
}

}  // namespace leat::run
