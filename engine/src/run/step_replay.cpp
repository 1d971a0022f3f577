#include "run/step_replay.h"

#include "run/flow.h"

namespace leat::run {

std::vector<char> loading_nodes(const ProgramPhase& phase) {
  const std::size_t count = phase.nodes.size();
  std::vector<char> is_before(count, 0), is_read_by_device(count, 0);
  const auto each_feed = [&](const ProgramNode& node, auto&& tell) {
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds) tell(static_cast<std::size_t>(phase.wires[static_cast<std::size_t>(feed.wire)].node));
  };
  for (const int index : phase.order) {
    const ProgramNode& node = phase.nodes[static_cast<std::size_t>(index)];
    bool is_free = node.segment < 0;
    each_feed(node, [&](std::size_t from) { is_free = is_free && is_before[from] != 0; });
    is_before[static_cast<std::size_t>(index)] = is_free;
  }
  for (auto at = phase.order.rbegin(); at != phase.order.rend(); ++at) {
    const ProgramNode& node = phase.nodes[static_cast<std::size_t>(*at)];
    if (node.segment < 0 && is_read_by_device[static_cast<std::size_t>(*at)] == 0) continue;
    each_feed(node, [&](std::size_t from) { is_read_by_device[from] = 1; });
  }
  for (std::size_t k = 0; k < count; ++k) is_before[k] = is_before[k] != 0 && is_read_by_device[k] != 0;
  return is_before;
}

StepReplay::StepReplay(KeptResults& kept, const Program& program, Lane& lane, std::int64_t steps) : CallMemory(kept, lane), steps_(steps) {
  for (const ProgramPhase& phase : program.phases) is_replayed_.push_back(loading_nodes(phase));
}

std::optional<Fingerprint> StepReplay::fingerprint(const Frame&, Frame::Call& call) {
  const auto phase = static_cast<std::size_t>(call.flow.phase_index()), node = static_cast<std::size_t>(call.node_index);
  if (is_replayed_[phase][node] == 0) return {};
  const auto step = static_cast<std::uint64_t>(call.key.step % steps_), place = static_cast<std::uint64_t>(call.place + 1);
  return Fingerprint{std::uint64_t{phase} << 32 | node, step << 32 | place};
}

}  // namespace leat::run
