#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace leat::ranks {

/// What ranks tell each other beside the collective functions.
enum class Word : char {
  Hello = 'h',    ///< To rank 0: the words that show who comes.
  Taken = 't',    ///< From rank 0: the hello was right.
  Meeting = 'm',  ///< From rank 0: all have come; the names of all.
  Sign = 's',     ///< A sign of life, with the number of collective calls.
  Left = 'l',     ///< The sender has done its work, with the number of collective calls.
  Failed = 'f',   ///< The sender ends, and why.
  Lost = 'x',     ///< A rank is lost; the sentence.
  Stop = 'q',     ///< To rank 0: the sender was asked to stop.
  End = 'e',      ///< From rank 0: all have done their work.
};

struct Message {
  Word word = Word::Sign;
  std::string text;
};

/// Messages over a TCP connection. No function waits. Invariant: a closed line has no socket. [one thread]
class Line {
 public:
  explicit Line(int socket);
  Line(Line&& other) noexcept;
  Line& operator=(Line&& other) noexcept;
  ~Line();

  [[nodiscard]] int socket() const { return socket_; }
  [[nodiscard]] bool is_open() const { return socket_ >= 0; }
  [[nodiscard]] bool has_unsent() const { return !unsent_.empty(); }
  /// Sends a message, as far as the connection takes it. `send_rest` sends the rest.
  void send(Word word, std::string_view text);
  void send_rest();
  /// Returns the messages that have arrived since. The line is closed if the other end is.
  [[nodiscard]] std::vector<Message> receive();
  /// Tells the other end that no message follows. It can still send.
  void end_sending() const;
  void close();

 private:
  [[nodiscard]] bool take_bytes();
  [[nodiscard]] std::vector<Message> take_messages();

  int socket_;
  std::string unsent_;
  std::string arrived_;
};

/// Joins texts into one, and splits it again.
[[nodiscard]] std::string packed(const std::vector<std::string>& texts);
[[nodiscard]] std::vector<std::string> unpacked(std::string_view text);

}  // namespace leat::ranks
