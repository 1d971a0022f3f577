#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "leat/run.h"
#include "run/checkpoint.h"
#include "run/messages.h"
#include "run/run_context.h"
#include "run/run_folder.h"

// The differences between the run of a checkpoint and the run that continues it.
namespace leat::run {

/// Throws std::runtime_error if this run cannot continue from the checkpoint: because of another graph, seed or device, or because it is
/// finished. `is_changed`: the checkpoint has another graph.
void check_resumable(const Checkpoint& checkpoint, bool is_changed, const RunContext& context, const RunFolder& folder,
                     const RunOptions& options);

/// Warns of resources that differ from the checkpoint's. Returns the resources whose archives must not be loaded.
[[nodiscard]] std::set<std::string, std::less<>> begin_anew(const std::map<std::string, std::string>& types, const Program& program,
                                                            Messages& messages);

/// Warns of plugins of another version, which can compute other values in the same graph.
void warn_of_plugins(const std::set<std::string>& before, const Program& program, Messages& messages);

}  // namespace leat::run
