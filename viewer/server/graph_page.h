#pragma once

#include <memory>
#include <string>
#include <vector>

#include "leat/viewer.h"
#include "server/feed.h"
#include "server/http_server.h"

namespace leat::viewer {

/// Shows one graph: follows its files, checks it in a child process when they change, and computes values in another. What it finds is the
/// topic `graph` of a feed. [any thread]
class GraphPage {
 public:
  /// `worker` is the command line of a child process, which calls `serve_worker`. `feed` must outlive this object.
  GraphPage(ShownGraph graph, Feed& feed, const std::vector<std::string>& worker);
  GraphPage(const GraphPage&) = delete;
  GraphPage& operator=(const GraphPage&) = delete;
  ~GraphPage();

  /// Ends the requests in progress. Further ones are refused.
  void end();
  /// Answers a request for values.
  [[nodiscard]] Answer preview(const std::string& body);
  /// Takes the list of code that the page has shown. What the graph needs besides waits further.
  [[nodiscard]] Answer allow_code(const std::string& body);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace leat::viewer
