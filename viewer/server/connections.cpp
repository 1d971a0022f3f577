#include "server/connections.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace leat::viewer {

namespace {

using namespace std::chrono_literals;

/// Time until a request must have arrived, and until it must have been answered.
constexpr auto most_waiting = 10s, most_answering = 120s;

/// Most bytes of the headers of a request.
constexpr std::int64_t most_headers = 64 * 1024;

struct Open {
  int file;
  int peer_port;
};

int port_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return 0;
}

/// Returns the number of bytes of a connection that the server has read.
std::int64_t read_bytes(int file) {
  tcp_info info{};
  socklen_t size = sizeof info;
  int waiting = 0;
  if (::getsockopt(file, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || ::ioctl(file, FIONREAD, &waiting) != 0) return 0;
  return static_cast<std::int64_t>(info.tcpi_bytes_received) - waiting;
}

/// Returns this process's connections to its own port.
std::vector<Open> open_connections(int port) {
  std::vector<Open> out;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", ignored)) {
    const int file = std::atoi(entry.path().filename().c_str());
    sockaddr_storage own{}, peer{};
    socklen_t own_size = sizeof own, peer_size = sizeof peer;
    if (::getsockname(file, reinterpret_cast<sockaddr*>(&own), &own_size) != 0 || port_of(own) != port) continue;
    if (::getpeername(file, reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0) out.push_back({file, port_of(peer)});
  }
  return out;
}

}  // namespace

void Connections::begins(int peer_port) {
  const std::lock_guard guard(lock_);
  by_peer_[peer_port] = {Clock::now(), true, false, {}};
}

void Connections::becomes_stream(int peer_port) {
  const std::lock_guard guard(lock_);
  by_peer_[peer_port].is_stream = true;
}

void Connections::ends(int peer_port) {
  const std::lock_guard guard(lock_);
  by_peer_[peer_port] = {Clock::now(), false, false, {}};
}

bool Connections::has_long_headers(int file, One& one) {
  const std::int64_t read = read_bytes(file);
  if (!one.read_before) one.read_before = read;
  return read - *one.read_before > most_headers;
}

void Connections::look() {
  const std::vector<Open> open = open_connections(port_);
  const std::lock_guard guard(lock_);
  std::set<int> peers;
  for (const auto& [file, peer_port] : open) {
    peers.insert(peer_port);
    One& one = by_peer_[peer_port];
    const auto age = Clock::now() - one.since;
    const bool is_late =
        !one.is_stream && age > (one.has_request ? std::chrono::seconds(most_answering) : std::chrono::seconds(most_waiting));
    if (is_late || (!one.has_request && has_long_headers(file, one))) ::shutdown(file, SHUT_RDWR);
  }
  std::erase_if(by_peer_, [&](const auto& one) { return !peers.contains(one.first); });
}

void Connections::end_all() {
  for (const auto& [file, peer_port] : open_connections(port_)) ::shutdown(file, SHUT_RDWR);
}

}  // namespace leat::viewer
