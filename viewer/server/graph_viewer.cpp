#include <utility>

#include "leat/viewer.h"
#include "server/feed.h"
#include "server/graph_page.h"
#include "server/http_server.h"
#include "server/packed.h"

namespace leat::viewer {

struct GraphViewer::Parts {
  Parts(ShownGraph graph, const Reach& reach, const std::vector<std::string>& worker)
      : page(std::move(graph), *feed, worker), server({reach.address, reach.port, reach.names, reach.frame_ancestors}) {}

  const std::shared_ptr<Feed> feed = std::make_shared<Feed>();
  GraphPage page;
  HttpServer server;  ///< Last member, so that it stops before what its handlers use is gone.
};

GraphViewer::GraphViewer(ShownGraph graph, const Reach& reach, std::vector<std::string> worker)
    : parts_(std::make_unique<Parts>(std::move(graph), reach, worker)) {
  Parts& parts = *parts_;
  parts.feed->put("page", dumped({{"opened", "graph"}, {"has_control", false}, {"is_live", false}}));
  parts.server.stream("/api/events", [&parts](const std::string&) { return parts.feed; });
  parts.server.post("/api/preview", [&parts](const std::string&, const std::string& body) { return parts.page.preview(body); });
  parts.server.post("/api/allow", [&parts](const std::string&, const std::string& body) { return parts.page.allow_code(body); });
  parts.server.start();
}

GraphViewer::~GraphViewer() {
  parts_->feed->close();
  parts_->page.end();
  parts_->server.stop();
}

std::string GraphViewer::failure() const {
  return parts_->server.has_failed() ? "the page's server has ended: no connection could be accepted" : "";
}

std::string GraphViewer::address() const { return parts_->server.address(); }

int GraphViewer::port() const { return parts_->server.port(); }

}  // namespace leat::viewer
