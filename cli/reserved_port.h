#pragma once

namespace leat::cli {

/// A port that no other program gets while this object lives. A process that is told its number can listen on it.
class ReservedPort {
 public:
  /// Throws std::runtime_error if no port is free.
  ReservedPort();
  ~ReservedPort();
  ReservedPort(const ReservedPort&) = delete;
  ReservedPort& operator=(const ReservedPort&) = delete;

  [[nodiscard]] int port() const { return port_; }

 private:
  int socket_;
  int port_ = 0;
};

}  // namespace leat::cli
