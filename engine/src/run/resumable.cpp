#include "run/resumable.h"

#include <algorithm>
#include <stdexcept>

namespace leat::run {

namespace {

/// Throws std::runtime_error if the finished phases after the training are not the first ones of this graph's `then`. The checkpoint stores
/// only their number.
void check_then(const PlanPlace& place, const Program& program, const std::string& folder) {
  const std::vector<int>& then = program.plan.then;
  for (std::size_t k = 0; k < std::min(static_cast<std::size_t>(place.then_done), then.size()); ++k)
    if (const std::string& name = program.phases[static_cast<std::size_t>(then[k])].name; !place.phases.contains(name))
      throw std::runtime_error("the run in " + folder + " has done the first " + std::to_string(place.then_done) +
                               " phases after its training, but `" + name +
                               "` is not one of them: add new phases of `then` after the finished ones");
}

}  // namespace

void check_resumable(const Checkpoint& checkpoint, bool is_changed, const RunContext& context, const RunFolder& run_folder,
                     const RunOptions& options) {
  const Program& program = *context.program;
  const ProgramPlan& plan = program.plan;
  const PlanPlace& place = checkpoint.place;
  const std::string folder = run_folder.path().string();
  if (is_changed && !options.accepts_changed_graph)
    throw std::runtime_error("the checkpoint in " + folder +
                             " belongs to another graph: to resume it with this one, name its file and add --accept-changed-graph");
  if (is_changed && place.is_trained && place.then_done >= static_cast<std::int64_t>(plan.then.size()))
    throw std::runtime_error("the run in " + folder +
                             " is finished and cannot be resumed with a changed graph; start a new run with --out");
  const bool is_early = plan.stop_after > 0 && place.waited >= plan.stop_after;
  if (is_changed && place.is_trained && place.steps != plan.steps && !is_early)
    throw std::runtime_error("the training in " + folder + " has ended at step " + std::to_string(place.steps) +
                             ", but this graph trains for " + std::to_string(plan.steps) + " steps; start a new run with --out");
  // Another number of ranks adds up in another order anyway.
  const bool has_other_ranks = place.ranks.back().second != program.settings.share.ranks;
  const bool are_cpu = checkpoint.device.starts_with("cpu") && context.lane->name().starts_with("cpu");
  if (!context.lane->continues(checkpoint.device) && !(has_other_ranks && are_cpu))
    throw std::runtime_error("this run was begun with --device " + checkpoint.device + ", but " + context.lane->name() +
                             " rounds differently");
  if (checkpoint.merges_passes != program.settings.merges_passes)
    throw std::runtime_error("the run in " + folder + " was begun " + (checkpoint.merges_passes ? "with" : "without") +
                             " --merge-passes, which adds numbers in another order, so it is resumed " +
                             (checkpoint.merges_passes ? "with it only" : "without it only"));
  if (place.steps > plan.steps)
    throw std::runtime_error("the run in " + folder + " has done " + std::to_string(place.steps) +
                             " training steps, but this graph trains for " + std::to_string(plan.steps));
  if (checkpoint.seed != program.settings.seed)
    throw std::runtime_error("the run in " + folder + " was begun with seed " + std::to_string(checkpoint.seed) + ", but seed " +
                             std::to_string(program.settings.seed) + " would draw other numbers");
  if (is_changed) check_then(place, program, folder);
}

std::set<std::string, std::less<>> begin_anew(const std::map<std::string, std::string>& types, const Program& program, Messages& messages) {
  std::set<std::string, std::less<>> anew;
  if (types.empty()) return anew;
  std::set<std::string, std::less<>> gone;
  for (const auto& [name, type] : types) gone.insert(name);
  for (const ProgramResource& one : program.resources) {
    gone.erase(one.name);
    const auto type = types.find(one.name);
    if (type != types.end() && type->second == one.type->id) continue;
    anew.insert(one.name);
    messages.warn(type == types.end() ? "the checkpoint has no `" + one.name + "`, which starts again"
                                      : "`" + one.name + "` was of type " + type->second + " and is now of type " + one.type->id +
                                            ": it starts again, without its state in the checkpoint");
  }
  for (const std::string& name : gone) messages.warn("`" + name + "` of the checkpoint is not in this graph, and is not used");
  return anew;
}

void warn_of_plugins(const std::set<std::string>& before, const Program& program, Messages& messages) {
  const auto id = [](const std::string& plugin) { return plugin.substr(0, plugin.find(' ')); };
  for (const std::string& now : plugins_of(program))
    for (const std::string& then : before)
      if (id(then) == id(now) && then != now)
        messages.warn("the checkpoint was made with the plugin " + then + ", but " + now + " is loaded: its results can differ");
}

}  // namespace leat::run
