#pragma once

#include <chrono>
#include <map>
#include <mutex>

namespace leat::viewer {

/// Ends connections that keep a thread of the server without asking for anything: a client that sends its request a byte at a time, or is
/// gone without a word. cpp-httplib limits only the time of a single read. [any thread]
class Connections {
 public:
  void serve(int port) { port_ = port; }  ///< [setup]

  /// A request from this port of the client has arrived; a stream has no limit of time.
  void begins(int peer_port, bool is_stream);
  void ends(int peer_port);
  /// Ends the connections that have used up their time.
  void look();
  void end_all();

 private:
  using Clock = std::chrono::steady_clock;
  struct One {
    Clock::time_point since = Clock::now();  ///< Begin of the request, or of the wait for one.
    bool has_request = false;
    bool is_stream = false;
  };

  int port_ = 0;
  std::mutex lock_;
  std::map<int, One> by_peer_;  ///< Indexed by the port of the client.
};

}  // namespace leat::viewer
