#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "server/feed.h"
#include "server/http_server.h"

namespace leat::viewer {

/// Shows what a run has recorded (`plan.record`): the topic `recorded` has the list. viewer/page/src/run.ts states its form.
class Recordings {
 public:
  Recordings(std::filesystem::path run_folder, Feed& feed) : run_folder_(std::move(run_folder)), feed_(feed) {}

  /// Shows the list if it has changed. Looks at most once a second. [one thread]
  void look();
  /// Answers with values of one recording: `{phase, trained, outputs}`. Outputs that it does not have are left out. [any thread]
  [[nodiscard]] Answer values(const std::string& body) const;

 private:
  const std::filesystem::path run_folder_;
  Feed& feed_;
  std::chrono::steady_clock::time_point looked_;
  std::optional<std::filesystem::file_time_type> shown_;  ///< Time of the last change of the folder that is shown.
};

}  // namespace leat::viewer
