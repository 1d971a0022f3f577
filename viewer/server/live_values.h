#pragma once

#include <mutex>
#include <optional>
#include <shared_mutex>
#include <stop_token>
#include <string>

#include "leat/run.h"
#include "server/http_server.h"

namespace leat::viewer {

/// A run that works in this process: what it does now, and its values. [any thread]
class LiveValues {
 public:
  void enter(Run& run);
  void leave();
  /// Ends the capture in progress. No other begins until `enter`.
  void end() { end_captures(true); }
  /// Returns what the run is doing; nullopt if it does not work in this process.
  [[nodiscard]] std::optional<RunNow> now();
  /// Answers with values of the next whole step: `{phase, outputs, slots}`. A newer request replaces an older one.
  [[nodiscard]] Answer values(const std::string& body);

 private:
  [[nodiscard]] std::optional<std::stop_token> next_capture();
  void end_captures(bool leaves);

  std::shared_mutex run_use_;  ///< Shared while `run_` is used.
  Run* run_ = nullptr;         ///< The run if it works in this process.
  std::mutex capture_lock_;    ///< Guards the two below.
  std::stop_source capture_;   ///< Ends the capture in progress.
  bool is_leaving_ = false;    ///< No capture may begin.
};

}  // namespace leat::viewer
