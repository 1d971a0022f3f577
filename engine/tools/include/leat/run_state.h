#pragma once

#include <filesystem>
#include <string>

#include "leat/log_end.h"

namespace leat {

enum class RunState {
  Running,
  Paused,
  Finished,
  Failed,
  Stopped,  ///< By request. It can be resumed.
  Lost,     ///< No process of this machine works on it, and its log does not say how it ended.
};

/// Returns the state of a run. `is_in_use` says whether a process works on it (`leat::is_in_use`): look at it before the log and the
/// results are read, because a run writes how it ended before it lets go of its folder.
[[nodiscard]] RunState state_of(bool is_in_use, const LogEnd& end, bool has_results);
/// Returns a sentence about a run that is not finished; empty if it is.
[[nodiscard]] std::string state_sentence(RunState state, const std::filesystem::path& run, const LogEnd& end);

}  // namespace leat
