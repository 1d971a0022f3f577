#include "server/message.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace leat::viewer {

namespace {

/// Largest part of a message.
constexpr std::uint64_t most_bytes = std::uint64_t{1} << 30;

bool write_all(int file, const char* data, std::size_t count) {
  for (std::size_t done = 0; done < count;) {
    const ssize_t now = ::write(file, data + done, count - done);
    if (now < 0 && errno == EINTR) continue;
    if (now <= 0) return false;
    done += static_cast<std::size_t>(now);
  }
  return true;
}

bool read_all(int file, char* data, std::size_t count) {
  for (std::size_t done = 0; done < count;) {
    const ssize_t now = ::read(file, data + done, count - done);
    if (now < 0 && errno == EINTR) continue;
    if (now <= 0) return false;
    done += static_cast<std::size_t>(now);
  }
  return true;
}

}  // namespace

bool send(int file, const Message& message) {
  const std::string head = message.head.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const std::array<std::uint64_t, 2> sizes{head.size(), message.bytes.size()};
  return write_all(file, reinterpret_cast<const char*>(sizes.data()), sizeof sizes) && write_all(file, head.data(), head.size()) &&
         write_all(file, message.bytes.data(), message.bytes.size());
}

std::optional<Message> receive(int file) {
  std::array<std::uint64_t, 2> sizes{};
  if (!read_all(file, reinterpret_cast<char*>(sizes.data()), sizeof sizes)) return {};
  if (sizes[0] > most_bytes || sizes[1] > most_bytes) return {};
  std::string head(sizes[0], '\0');
  Message out;
  out.bytes.resize(sizes[1]);
  if (!read_all(file, head.data(), head.size()) || !read_all(file, out.bytes.data(), out.bytes.size())) return {};
  out.head = nlohmann::json::parse(head, nullptr, false);
  if (out.head.is_discarded()) return {};
  return out;
}

}  // namespace leat::viewer
