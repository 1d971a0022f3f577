#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace leat::ranks {

/// The address of this machine for connections within it.
constexpr const char* loopback = "127.0.0.1";

/// A socket that listens, and its port.
struct Listener {
  int socket = -1;
  std::uint16_t port = 0;
};

/// Where a listener takes connections from.
enum class Reach { ThisMachine, AllMachines };
/// Returns a listener on a free port; the caller closes it. Throws std::runtime_error.
[[nodiscard]] Listener listen_on_free_port(Reach reach);
/// Returns a connected socket, or nullopt if the other end does not answer within `limit`.
[[nodiscard]] std::optional<int> connect_to(const std::string& host, std::uint16_t port, std::chrono::milliseconds limit);

/// Returns the addresses of this machine's network interfaces, except for loopback.
[[nodiscard]] std::vector<std::string> own_addresses();
/// Returns the port of this end of a socket.
[[nodiscard]] std::uint16_t port_of(int socket);
/// Returns the port of the other end of a connection.
[[nodiscard]] std::uint16_t far_port_of(int socket);
/// Returns this machine's address on a connection.
[[nodiscard]] std::string near_address(int socket);
/// Returns true if both ends of a connection are on this machine.
[[nodiscard]] bool is_within_machine(int socket);

}  // namespace leat::ranks
