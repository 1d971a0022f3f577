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

StepReplay::StepReplay(const Program& program, Lane& lane, ReplayedSteps& settings) : CallMemory(lane), settings_(settings) {
  for (const ProgramPhase& phase : program.phases) {
    std::vector<std::unique_ptr<Kept>>& nodes = kept_.emplace_back();
    for (const char loads : loading_nodes(phase)) {
      nodes.push_back(std::make_unique<Kept>());
      nodes.back()->is_replayed = loads != 0;
    }
  }
}

std::optional<Fingerprint> StepReplay::fingerprint(const Frame&, Frame::Call& call) {
  const auto phase = static_cast<std::size_t>(call.flow.phase_index()), node = static_cast<std::size_t>(call.node_index);
  if (!kept_[phase][node]->is_replayed) return {};
  const int origin = call.node->origin;
  const auto& origins = call.flow.phase().origins;
  if (call.place < 0 && origin >= 0 &&
      call.ledger->rows[static_cast<std::size_t>(origin)] != origins[static_cast<std::size_t>(origin)].rows)
    return {};
  const std::int64_t step = call.key.step % settings_.steps;
  const Fingerprint out{std::uint64_t{phase} << 32 | node,
                        static_cast<std::uint64_t>(step) << 32 | static_cast<std::uint64_t>(call.place + 1)};
  if (call.key.step >= settings_.from && !find(out)) ++settings_.missed;
  return out;
}

StepReplay::Kept& StepReplay::of(const Fingerprint& call) { return *kept_[call.first >> 32][call.first & 0xFFFFFFFF]; }

std::shared_ptr<const CallResult> StepReplay::find(const Fingerprint& call) {
  Kept& node = of(call);
  const std::lock_guard guard(node.lock);
  const auto found = node.results.find(call.second);
  return found == node.results.end() ? nullptr : found->second;
}

void StepReplay::keep(const Fingerprint& call, CallResult result) {
  const std::int64_t size = result.bytes();
  if (bytes_ + size > settings_.most_bytes) return;
  auto made = std::make_shared<const CallResult>(std::move(result));
  Kept& node = of(call);
  const std::lock_guard guard(node.lock);
  if (node.results.emplace(call.second, std::move(made)).second) bytes_ += size;
}

}  // namespace leat::run
