#include "ranks/addresses.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace leat::ranks {

namespace {

using Name = int (*)(int, sockaddr*, socklen_t*);

/// Returns an address in digits, without the prefix that IPv4 addresses have on a socket of IPv6.
std::string digits(const sockaddr* address, socklen_t length) {
  char text[NI_MAXHOST] = {};
  if (::getnameinfo(address, length, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) return {};
  std::string out = text;
  constexpr std::string_view mapped = "::ffff:";
  return out.starts_with(mapped) ? out.substr(mapped.size()) : out;
}

std::string address_of(int socket, Name name) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (name(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
  return digits(reinterpret_cast<const sockaddr*>(&address), length);
}

std::uint16_t port_at(int socket, Name name) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  name(socket, reinterpret_cast<sockaddr*>(&address), &length);
  // The port is at the same place in both kinds of addresses.
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

bool listens(int socket, const sockaddr* address, socklen_t length) {
  return ::bind(socket, address, length) == 0 && ::listen(socket, SOMAXCONN) == 0;
}

/// Returns a socket that listens for both kinds of addresses; -1 without IPv6.
int listen_for_both() {
  const int socket = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return -1;
  const int off = 0;
  ::setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  if (listens(socket, reinterpret_cast<const sockaddr*>(&any), sizeof any)) return socket;
  ::close(socket);
  return -1;
}

int listen_for(in_addr_t address) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(address);
  if (socket >= 0 && listens(socket, reinterpret_cast<const sockaddr*>(&at), sizeof at)) return socket;
  const std::string why = std::strerror(errno);
  if (socket >= 0) ::close(socket);
  throw std::runtime_error("cannot listen for the other ranks: " + why);
}

bool connects(int socket, const addrinfo& to, std::chrono::milliseconds limit) {
  if (::connect(socket, to.ai_addr, to.ai_addrlen) == 0) return true;
  if (errno != EINPROGRESS) return false;
  pollfd ready{socket, POLLOUT, 0};
  int error = 0;
  socklen_t length = sizeof error;
  return ::poll(&ready, 1, static_cast<int>(limit.count())) == 1 && ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) == 0 &&
         error == 0;
}

}  // namespace

Listener listen_on_free_port(Reach reach) {
  int socket = reach == Reach::AllMachines ? listen_for_both() : -1;
  if (socket < 0) socket = listen_for(reach == Reach::AllMachines ? INADDR_ANY : INADDR_LOOPBACK);
  return {socket, port_of(socket)};
}

std::optional<int> connect_to(const std::string& host, std::uint16_t port, std::chrono::milliseconds limit) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, ::freeaddrinfo);
  for (const addrinfo* one = found; one; one = one->ai_next) {
    const int socket = ::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket < 0) continue;
    if (connects(socket, *one, limit)) return socket;
    ::close(socket);
  }
  return {};
}

std::vector<std::string> own_addresses() {
  ifaddrs* found = nullptr;
  if (::getifaddrs(&found) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(found, ::freeifaddrs);
  std::vector<std::string> out;
  for (const ifaddrs* one = found; one; one = one->ifa_next) {
    if (!one->ifa_addr || (one->ifa_flags & IFF_UP) == 0 || (one->ifa_flags & IFF_LOOPBACK) != 0) continue;
    const auto family = one->ifa_addr->sa_family;
    if (family == AF_INET) out.push_back(digits(one->ifa_addr, sizeof(sockaddr_in)));
    if (family == AF_INET6) out.push_back(digits(one->ifa_addr, sizeof(sockaddr_in6)));
  }
  return out;
}

std::uint16_t port_of(int socket) { return port_at(socket, ::getsockname); }

std::uint16_t far_port_of(int socket) { return port_at(socket, ::getpeername); }

std::string near_address(int socket) { return address_of(socket, ::getsockname); }

bool is_within_machine(int socket) {
  const std::string near = near_address(socket);
  return is_loopback(near) || near == address_of(socket, ::getpeername);
}

}  // namespace leat::ranks
