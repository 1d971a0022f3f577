#include "ranks/line.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace leat::ranks {

namespace {

constexpr std::size_t head = 5;  ///< Four bytes of length, and the word.
constexpr std::size_t most_bytes = 1 << 20;
/// A longer text is cut: it is the message of an exception, and people read it.
constexpr std::size_t most_sent = 1 << 16;

}  // namespace

Line::Line(int socket) : socket_(socket) {
  ::fcntl(socket_, F_SETFL, ::fcntl(socket_, F_GETFL) | O_NONBLOCK);
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Line::Line(Line&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), unsent_(std::move(other.unsent_)), arrived_(std::move(other.arrived_)) {}

Line& Line::operator=(Line&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(unsent_, other.unsent_);
  std::swap(arrived_, other.arrived_);
  return *this;
}

Line::~Line() { close(); }

void Line::close() {
  if (is_open()) ::close(std::exchange(socket_, -1));
  unsent_.clear();
}

void Line::send(Word word, std::string_view text) {
  if (!is_open()) return;
  if (word == Word::Failed || word == Word::Lost) text = text.substr(0, most_sent);
  const auto length = static_cast<std::uint32_t>(text.size());
  std::array<char, sizeof length> bytes{};
  std::memcpy(bytes.data(), &length, sizeof length);
  unsent_.append(bytes.data(), bytes.size()).append(1, static_cast<char>(word)).append(text);
  send_rest();
}

void Line::send_rest() {
  while (is_open() && !unsent_.empty()) {
    const ssize_t sent = ::send(socket_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return;
    // `receive` closes the line after the messages that arrived before the connection broke.
    if (sent < 0) return unsent_.clear();
    unsent_.erase(0, static_cast<std::size_t>(sent));
  }
}

bool Line::take_bytes() {
  std::array<char, 4096> bytes{};
  for (;;) {
    const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN;
    if (count == 0) return false;
    arrived_.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

std::vector<Message> Line::take_messages() {
  std::vector<Message> messages;
  std::size_t at = 0;
  while (arrived_.size() - at >= head) {
    std::uint32_t length = 0;
    std::memcpy(&length, arrived_.data() + at, sizeof length);
    if (length > most_bytes) {
      // This is no rank.
      close();
      break;
    }
    if (arrived_.size() - at < head + length) break;
    messages.push_back({static_cast<Word>(arrived_[at + head - 1]), arrived_.substr(at + head, length)});
    at += head + length;
  }
  arrived_.erase(0, at);
  return messages;
}

std::vector<Message> Line::receive() {
  if (!is_open()) return {};
  const bool goes_on = take_bytes();
  std::vector<Message> messages = take_messages();
  if (!goes_on) close();
  return messages;
}

void Line::end_sending() const {
  if (is_open()) ::shutdown(socket_, SHUT_WR);
}

std::string packed(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out.append(text).append(1, '\0');
  return out;
}

std::vector<std::string> unpacked(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t end; (end = text.find('\0')) != std::string_view::npos; text.remove_prefix(end + 1))
    out.emplace_back(text.substr(0, end));
  return out;
}

}  // namespace leat::ranks
