#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "leat/run.h"
#include "leat/viewer.h"
#include "server/feed.h"
#include "server/http_server.h"

namespace leat::viewer {

/// Shows one run: follows its event log and its metrics, in whatever process it runs, and shows its graph. It works while it lives, on
/// threads of its own. [any thread]
class RunPage {
 public:
  /// `row` is the run's number on the page. `graph` says how its graph.yaml is checked.
  RunPage(int row, std::filesystem::path folder, ShownGraph graph, const std::vector<std::string>& worker);
  RunPage(const RunPage&) = delete;
  RunPage& operator=(const RunPage&) = delete;
  ~RunPage();

  [[nodiscard]] Feed& feed();
  /// The run works in this process, until `leave`. What runs now can be seen, and its values.
  void enter(Run& run);
  void leave();
  /// Ends all requests and streams. Further ones are refused.
  void end();

  [[nodiscard]] Answer preview(const std::string& body);
  [[nodiscard]] Answer allow_code(const std::string& body);
  [[nodiscard]] Answer curves(const std::string& body);
  [[nodiscard]] Answer timeline(const std::string& body);
  [[nodiscard]] Answer live(const std::string& body);
  [[nodiscard]] Answer recorded(const std::string& body);
  /// The whole run as a trace for Perfetto.
  [[nodiscard]] Answer trace();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace leat::viewer
