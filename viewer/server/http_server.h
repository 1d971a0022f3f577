#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/access.h"
#include "server/feed.h"

namespace leat::viewer {

struct Answer {
  int status = 200;
  std::string type = "application/json";
  std::string body;
};

struct HttpSettings {
  std::string address = "127.0.0.1";
  int port = 0;                              ///< 0: any free port. A port that is taken is replaced by a free one.
  std::vector<std::string> names;            ///< Host names in addition to the loopback names.
  std::vector<std::string> frame_ancestors;  ///< Origins that can show the page in a frame.
  int streams = 8;                           ///< Largest number of open streams. A further one gets status 503.
};

/// The page's HTTP server: a static page, JSON for POST requests, and streams of server-sent events. It has its own threads.
class HttpServer {
 public:
  /// `part` is what the group in the path matched; empty if the path has no group.
  using Handle = std::function<Answer(const std::string& part, const std::string& body)>;
  /// Returns what a stream sends; null if there is no such stream.
  using Open = std::function<std::shared_ptr<const Feed>(const std::string& part)>;

  /// Binds a port. Throws std::runtime_error if the address has no free port.
  explicit HttpServer(const HttpSettings& settings);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  /// Adds a path below `/api/`, as a pattern with at most one group. Handlers run on several threads at once. [setup]
  void post(const std::string& path, Handle handle);
  /// Adds a stream of server-sent events. Its path ends with `/events`. The feed is kept while the stream is open. [setup]
  void stream(const std::string& path, Open open);
  void start();  ///< [setup]
  void stop();   ///< Ends all requests. [any thread]

  /// Returns true if the server has ended although nobody stopped it. [any thread]
  [[nodiscard]] bool has_failed() const;
  [[nodiscard]] int streams() const;  ///< Number of open streams. [any thread]
  [[nodiscard]] int port() const;
  [[nodiscard]] const Access& access() const;
  /// Returns the address of the page, with the token.
  [[nodiscard]] std::string address() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace leat::viewer
