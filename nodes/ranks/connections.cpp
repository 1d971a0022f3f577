#include "ranks/connections.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <string>

#include "ranks/addresses.h"

namespace leat::ranks {

namespace {

using Name = int (*)(int, sockaddr*, socklen_t*);

/// Returns the bytes of an end's address and port, or an empty string if there is none.
std::string end_of(int file, Name name) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (name(file, reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
  return {reinterpret_cast<const char*>(&address), length};
}

/// Returns true for a TCP socket that is connected.
bool is_connection(int file) {
  int protocol = 0;
  socklen_t length = sizeof protocol;
  return ::getsockopt(file, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) == 0 && protocol == IPPROTO_TCP &&
         !end_of(file, ::getpeername).empty();
}

struct Connection {
  int file = -1;
  std::uint64_t number = 0;  ///< Of the socket in the system.
  std::string far_end;
};

std::vector<Connection> own_connections() {
  std::vector<Connection> out;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const std::string name = entry.path().filename().string();
    int file = -1;
    std::from_chars(name.data(), name.data() + name.size(), file);
    struct stat socket {};
    if (is_connection(file) && ::fstat(file, &socket) == 0) out.push_back({file, socket.st_ino, end_of(file, ::getpeername)});
  }
  return out;
}

}  // namespace

Connections::~Connections() {
  for (const int handle : handles_) ::close(handle);
}

void Connections::note(const RankPlace& place) {
  if (place.rank == 0 && !place.has_agent_store) hosted_port_ = place.port;
  for (const Connection& one : own_connections()) {
    known_.insert(one.number);
    if (far_port_of(one.file) == place.port) ends_at_store_.insert(one.far_end);
  }
}

void Connections::take_new() {
  for (const Connection& one : own_connections()) {
    const bool is_of_store = ends_at_store_.count(one.far_end) != 0 || (hosted_port_ != 0 && port_of(one.file) == hosted_port_);
    if (known_.count(one.number) != 0 || is_of_store) continue;
    const int handle = ::fcntl(one.file, F_DUPFD_CLOEXEC, 0);
    if (handle < 0) continue;
    ::fcntl(one.file, F_SETFD, FD_CLOEXEC);
    handles_.push_back(handle);
  }
}

void Connections::cut() const {
  for (const int handle : handles_) ::shutdown(handle, SHUT_RDWR);
}

}  // namespace leat::ranks
