#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>

namespace leat {

/// A command that /bin/sh runs with the rights of this process, in a process group of its own, without input. Its standard output is read;
/// of its standard error the last lines are kept. The destructor ends the group. [one thread]
class PipedCommand {
 public:
  /// Starts the command. Throws std::runtime_error.
  explicit PipedCommand(const std::string& command);
  ~PipedCommand();
  PipedCommand(const PipedCommand&) = delete;
  PipedCommand& operator=(const PipedCommand&) = delete;

  /// Fills the buffer with the next bytes of its output, waits for them, and returns their number; 0: the output is closed.
  [[nodiscard]] std::size_t read(std::span<std::uint8_t> buffer);
  /// Waits for its end, and returns why it failed: "exit code 3; its last lines: …". Empty: its exit code is 0.
  [[nodiscard]] std::string failure();
  /// Ends the group, so that `read` and `failure` return. [any thread]
  void kill();

 private:
  /// Takes what is in the pipe of the standard error.
  void take_errors();
  [[nodiscard]] std::string last_lines() const;

  int output_ = -1, errors_ = -1;  ///< Ends of pipes; -1: closed.
  std::string words_;              ///< The last of its standard error.
  std::mutex lock_;                ///< Guards `process_`, which must not be that of another process when it is killed.
  pid_t process_ = -1;             ///< -1: it has ended.
  int status_ = 0;
};

}  // namespace leat
