#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace leat {

/// Why a run failed, as its log says.
struct RunFailure {
  std::string node;   ///< Empty: no node failed.
  std::string where;  ///< As in NodeError.
  std::string why;
};

/// What the newest part of a run's log says about its end. A new part, after a header, begins with an empty one.
struct LogEnd {
  std::optional<RunFailure> failure;
  bool has_finished = false;
  bool was_stopped = false;  ///< Somebody asked the run to stop, on its page or with a signal, and it did.
  bool is_paused = false;    ///< Somebody paused the run, and it has not gone on since.

  /// Takes a note of the log, in their order.
  void note(std::string_view json);
};

/// Returns what the end of a log says about the end of the run. Nothing, if the file cannot be read.
[[nodiscard]] LogEnd end_in(const std::filesystem::path& events_log);

}  // namespace leat
