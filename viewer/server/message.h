#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace leat::viewer {

/// What the server and its worker send each other: JSON, and bytes such as pixels.
struct Message {
  nlohmann::json head;
  std::string bytes;
};

/// Writes a message to a pipe. Returns false if the other end is closed. [any thread]
bool send(int file, const Message& message);
/// Waits for a message. Returns nullopt if the other end is closed, or sends something else. [any thread]
[[nodiscard]] std::optional<Message> receive(int file);

}  // namespace leat::viewer
