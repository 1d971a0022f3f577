#pragma once

#include <signal.h>
#include <sys/types.h>

#include <set>
#include <string>
#include <vector>

namespace leat::cli {

struct RankStart {
  int rank = 0;
  int size = 1;
  int port = 0;  ///< Of the store, on this machine.
};

/// A process of this program that is one rank. It is in a group of processes of its own, so a terminal's Ctrl-C does not reach it twice,
/// and it is killed if this process ends. Only rank 0 writes to this process's output itself.
class StartedRank {
 public:
  /// Starts it with the command line `words`. `signals` is its mask of signals. Throws std::runtime_error.
  StartedRank(const RankStart& start, const std::vector<std::string>& words, const sigset_t& signals);
  StartedRank(StartedRank&& other) noexcept;
  StartedRank& operator=(StartedRank&&) = delete;
  ~StartedRank();

  [[nodiscard]] int rank() const { return start_.rank; }
  [[nodiscard]] bool is_running() const { return process_ > 0; }
  /// Returns true from the process's end on, and says so if a signal ended it.
  [[nodiscard]] bool has_ended();
  /// Returns the exit code after its end: 130 if it was interrupted, 1 if another signal ended it.
  [[nodiscard]] int code() const { return code_; }
  void send(int signal) const;
  /// Returns the file from which its lines can be read, or -1.
  [[nodiscard]] int lines() const { return pipe_; }
  /// Prints the lines that it has written since, each after its number, but not errors that are in `said`: ranks that wait for the same one
  /// say the same. Adds them to `said`.
  void pass_lines(std::set<std::string>& said);
  /// Prints also a last line without an end.
  void pass_rest(std::set<std::string>& said);

 private:
  void pass(const std::string& line, std::set<std::string>& said) const;
  [[noreturn]] void become_rank(const std::vector<std::string>& words, const sigset_t& signals, ::pid_t parent, int output) const;

  RankStart start_;
  ::pid_t process_ = -1;
  int pipe_ = -1;
  int code_ = 0;
  std::string line_;  ///< Begin of a line whose end has not come.
};

}  // namespace leat::cli
