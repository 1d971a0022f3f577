#pragma once

#include <filesystem>
#include <string>

#include "leat/log_end.h"

namespace leat {

/// How far a run is. Its words are those of `name`, wherever a status is shown.
enum class RunStatus {
  Running,     ///< A process of this machine works on it.
  Paused,      ///< A process of this machine works on it, and somebody has paused it.
  Finished,    ///< It has results, and no process works on it.
  Failed,      ///< It ended with an error.
  Stopped,     ///< It ended by request, on its page or with a signal. It can be resumed.
  Unfinished,  ///< No process of this machine works on it, and its log does not say how it ended. It can be resumed.
};
[[nodiscard]] const char* name(RunStatus status);

/// Returns the status of a run. `is_in_use` says whether a process works on it (`leat::is_in_use`): look at it before the log and the
/// results are read, because a run writes how it ended before it lets go of its folder.
[[nodiscard]] RunStatus status_of(bool is_in_use, const LogEnd& end, bool has_results);
/// Returns a sentence about a run that is not finished; empty if it is.
[[nodiscard]] std::string status_sentence(RunStatus status, const std::filesystem::path& run, const LogEnd& end);

}  // namespace leat
