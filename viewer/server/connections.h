#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

namespace leat::viewer {

/// Ends connections that keep a thread of the server without asking for anything: a client that sends its request a byte at a time, sends
/// headers without end, or is gone without a word. cpp-httplib limits only the time of a single read, and no number of headers.
/// [any thread]
class Connections {
 public:
  void serve(int port) { port_ = port; }  ///< [setup]

  /// The headers of a request from this port of the client have arrived.
  void begins(int peer_port);
  /// The answer to the request is a stream, which has no limit of time.
  void becomes_stream(int peer_port);
  void ends(int peer_port);
  /// Ends the connections that have used up their time, or whose headers are too long.
  void look();
  void end_all();

 private:
  using Clock = std::chrono::steady_clock;
  struct One {
    Clock::time_point since = Clock::now();  ///< Begin of the request, or of the wait for one.
    bool has_request = false;
    bool is_stream = false;
    std::optional<std::int64_t> read_before = 0;  ///< Bytes read before the headers; nullopt until the first look after a request.
  };

  [[nodiscard]] static bool has_long_headers(int file, One& one);

  int port_ = 0;
  std::mutex lock_;
  std::map<int, One> by_peer_;  ///< Indexed by the port of the client.
};

}  // namespace leat::viewer
