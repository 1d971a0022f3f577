#include "run/state_history.h"

#include <algorithm>
#include <string>

#include "leat/check.h"
#include "run/in_name_of.h"

namespace leat::run {

StateHistory::StateHistory(const ProgramPhase& phase) : phase_(phase), kept_(phase.nodes.size()) {
  for (const ProgramNode& node : phase.nodes) {
    States& states = now_.emplace_back();
    in_name_of(node, "the making of its state", [&] {
      for (const StatePort* port : node.node->states()) states.push_back(port->make());
    });
  }
}

void StateHistory::load(const Archive& states) {
  for (std::size_t k = 0; k < phase_.nodes.size(); ++k)
    in_name_of(phase_.nodes[k], "the loading of its state", [&] {
      for (const StatePort* port : phase_.nodes[k].node->states())
        now_[k][static_cast<std::size_t>(port->index())]->load(states, phase_.nodes[k].name + "." + std::string(port->name()));
    });
}

void StateHistory::remember(int node, std::int64_t steps_done) {
  const auto index = static_cast<std::size_t>(node);
  const bool is_kept = phase_.kind == PhaseKind::Train || steps_done == planned_;
  if (!is_kept || now_[index].empty()) return;
  auto copies = std::make_shared<States>();
  for (const auto& state : now_[index]) copies->push_back(state->copy());
  std::shared_ptr<const States> gone;  // Destroyed after the lock is released.
  const std::lock_guard guard(lock_);
  auto& kept = kept_[index];
  kept.emplace_back(steps_done, std::move(copies));
  if (kept.size() <= static_cast<std::size_t>(phase_.credits) + 1) return;
  gone = std::move(kept.front().second);
  kept.pop_front();
}

Archive StateHistory::at(std::int64_t steps_done) const {
  std::vector<std::shared_ptr<const States>> then(phase_.nodes.size());
  {
    const std::lock_guard guard(lock_);
    for (std::size_t k = 0; k < phase_.nodes.size(); ++k) {
      if (now_[k].empty()) continue;
      const auto found = std::find_if(kept_[k].begin(), kept_[k].end(), [&](const auto& entry) { return entry.first == steps_done; });
      LEAT_CHECK(found != kept_[k].end());
      then[k] = found->second;
    }
  }
  std::vector<const States*> states;
  for (const auto& one : then) states.push_back(one.get());
  return archive_of(states, "after step " + std::to_string(steps_done));
}

void StateHistory::forget_planned() {
  planned_ = -1;
  const std::lock_guard guard(lock_);
  for (auto& kept : kept_) kept.clear();
}

Archive StateHistory::all_now() const {
  std::vector<const States*> states;
  for (const States& one : now_) states.push_back(one.empty() ? nullptr : &one);
  return archive_of(states, "after its last step");
}

Archive StateHistory::archive_of(const std::vector<const States*>& states, const std::string& when) const {
  Archive archive;
  for (std::size_t k = 0; k < states.size(); ++k) {
    if (!states[k]) continue;
    in_name_of(phase_.nodes[k], "the saving of its state " + when, [&] {
      for (const StatePort* port : phase_.nodes[k].node->states())
        (*states[k])[static_cast<std::size_t>(port->index())]->save(archive, phase_.nodes[k].name + "." + std::string(port->name()));
    });
  }
  return archive;
}

}  // namespace leat::run
