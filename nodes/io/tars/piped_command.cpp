#include "io/tars/piped_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "leat/spelling.h"

namespace leat {

namespace {

constexpr std::size_t most_words = 4096;
constexpr std::size_t most_lines = 5;

[[noreturn]] void fail(const std::string& what, int reason) {
  throw std::runtime_error(what + ": " + std::generic_category().message(reason));
}

/// Starts a shell whose standard output and error are these ends of pipes.
pid_t spawn(const std::string& command, int output, int errors) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // The signals that this process blocks or ignores are usual ones for the command.
  sigset_t none, usual;
  sigemptyset(&none);
  sigemptyset(&usual);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2}) sigaddset(&usual, signal);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  const std::array<const char*, 4> arguments{"sh", "-c", command.c_str(), nullptr};
  pid_t process = -1;
  const int failed = posix_spawn(&process, "/bin/sh", &files, &attributes, const_cast<char* const*>(arguments.data()), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) fail("/bin/sh cannot be started", failed);
  return process;
}

}  // namespace

PipedCommand::PipedCommand(const std::string& command) {
  std::array<int, 2> output{}, errors{};
  if (::pipe2(output.data(), O_CLOEXEC) != 0) fail("no pipe can be made", errno);
  if (::pipe2(errors.data(), O_CLOEXEC) != 0) {
    const int reason = errno;
    for (const int end : output) ::close(end);
    fail("no pipe can be made", reason);
  }
  output_ = output[0];
  errors_ = errors[0];
  ::fcntl(errors_, F_SETFL, O_NONBLOCK);
  try {
    process_ = spawn(command, output[1], errors[1]);
  } catch (...) {
    for (const int end : {output[0], output[1], errors[0], errors[1]}) ::close(end);
    throw;
  }
  ::close(output[1]);
  ::close(errors[1]);
}

PipedCommand::~PipedCommand() {
  kill();
  (void)failure();
  for (const int end : {output_, errors_})
    if (end >= 0) ::close(end);
}

void PipedCommand::kill() {
  const std::lock_guard guard(lock_);
  if (process_ > 0) ::kill(-process_, SIGKILL);
}

void PipedCommand::take_errors() {
  std::array<char, 4096> some{};
  for (;;) {
    const ::ssize_t count = ::read(errors_, some.data(), some.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (count <= 0) break;
    words_.append(some.data(), static_cast<std::size_t>(count));
    if (words_.size() > most_words) words_.erase(0, words_.size() - most_words);
  }
  ::close(errors_);
  errors_ = -1;
}

std::size_t PipedCommand::read(std::span<std::uint8_t> buffer) {
  for (;;) {
    // A negative number is left out.
    std::array<pollfd, 2> ends{{{output_, POLLIN, 0}, {errors_, POLLIN, 0}}};
    if (::poll(ends.data(), ends.size(), -1) < 0 && errno != EINTR) fail("its output cannot be read", errno);
    if (ends[1].revents != 0) take_errors();
    if (ends[0].revents == 0) continue;
    const ::ssize_t count = ::read(output_, buffer.data(), buffer.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) fail("its output cannot be read", errno);
  }
}

std::string PipedCommand::failure() {
  constexpr int look_ms = 20;
  for (;;) {
    if (errors_ >= 0) take_errors();
    {
      const std::lock_guard guard(lock_);
      if (process_ <= 0) break;
      const pid_t ended = ::waitpid(process_, &status_, WNOHANG);
      if (ended == process_ || (ended < 0 && errno != EINTR)) process_ = -1;
      if (process_ <= 0) continue;
    }
    pollfd errors{errors_, POLLIN, 0};
    ::poll(&errors, 1, look_ms);
  }
  if (WIFEXITED(status_) && WEXITSTATUS(status_) == 0) return {};
  const std::string code = WIFSIGNALED(status_) ? "signal " + std::to_string(WTERMSIG(status_)) + " ended it"
                                                : "exit code " + std::to_string(WEXITSTATUS(status_));
  return code + last_lines();
}

std::string PipedCommand::last_lines() const {
  const std::string all = trimmed(words_);
  if (all.empty()) return "; its standard error is empty";
  std::size_t begin = all.size();
  for (std::size_t lines = 0; lines < most_lines && begin != std::string::npos && begin > 0; ++lines) begin = all.rfind('\n', begin - 1);
  return "; the last lines of its standard error:\n" + (begin == std::string::npos || begin == 0 ? all : all.substr(begin + 1));
}

}  // namespace leat
