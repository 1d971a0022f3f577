#include "started_rank.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace leat::cli {

StartedRank::StartedRank(const RankStart& start, const std::vector<std::string>& words, const sigset_t& signals) : start_(start) {
  int pipe[2] = {-1, -1};
  const ::pid_t parent = ::getpid();
  if (start_.rank == 0 || ::pipe2(pipe, O_CLOEXEC) == 0) process_ = ::fork();
  if (process_ == 0) become_rank(words, signals, parent, pipe[1]);
  const int why = errno;
  if (pipe[1] >= 0) ::close(pipe[1]);
  pipe_ = pipe[0];
  if (process_ < 0) throw std::runtime_error("cannot start rank " + std::to_string(start_.rank) + ": " + std::strerror(why));
  if (pipe_ >= 0) ::fcntl(pipe_, F_SETFL, O_NONBLOCK);
}

StartedRank::StartedRank(StartedRank&& other) noexcept
    : start_(other.start_),
      process_(std::exchange(other.process_, -1)),
      pipe_(std::exchange(other.pipe_, -1)),
      code_(other.code_),
      line_(std::move(other.line_)) {}

StartedRank::~StartedRank() {
  if (pipe_ >= 0) ::close(pipe_);
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

/// In the new process, until it is this program again.
void StartedRank::become_rank(const std::vector<std::string>& words, const sigset_t& signals, ::pid_t parent, int output) const {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  ::setpgid(0, 0);
  // It may write to the terminal although another group of processes has it.
  ::signal(SIGTTOU, SIG_IGN);
  ::sigprocmask(SIG_SETMASK, &signals, nullptr);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  if (output >= 0)
    for (const int file : {STDOUT_FILENO, STDERR_FILENO}) ::dup2(output, file);
  const std::string rank = std::to_string(start_.rank);
  const std::string size = std::to_string(start_.size);
  for (const char* name : {"RANK", "LOCAL_RANK"}) ::setenv(name, rank.c_str(), 1);
  for (const char* name : {"WORLD_SIZE", "LOCAL_WORLD_SIZE"}) ::setenv(name, size.c_str(), 1);
  ::setenv("MASTER_ADDR", "127.0.0.1", 1);
  ::setenv("MASTER_PORT", std::to_string(start_.port).c_str(), 1);
  for (const char* name : {"TORCHELASTIC_USE_AGENT_STORE", "TORCHELASTIC_RESTART_COUNT", "TORCHELASTIC_RUN_ID"}) ::unsetenv(name);
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  // By its path, so that `top` shows its name; by the link if the file is gone.
  std::error_code ignored;
  ::execv(std::filesystem::read_symlink("/proc/self/exe", ignored).c_str(), argv.data());
  ::execv("/proc/self/exe", argv.data());
  std::cerr << "error: cannot start rank " << rank << ": " << std::strerror(errno) << std::endl;
  ::_exit(1);
}

bool StartedRank::has_ended() {
  int status = 0;
  if (::waitpid(process_, &status, WNOHANG) != process_) return false;
  process_ = -1;
  if (WIFEXITED(status)) {
    code_ = WEXITSTATUS(status);
    return true;
  }
  const int signal = WTERMSIG(status);
  code_ = signal == SIGINT || signal == SIGTERM ? 130 : 1;
  // In one piece, because the first rank writes to the same terminal.
  std::cerr << "rank " + std::to_string(start_.rank) + " was ended by SIG" + ::sigabbrev_np(signal) + "\n" << std::flush;
  return true;
}

void StartedRank::send(int signal) const {
  if (is_running()) ::kill(process_, signal);
}

void StartedRank::pass_lines(std::set<std::string>& said) {
  std::array<char, 4096> bytes{};
  while (pipe_ >= 0) {
    const ssize_t count = ::read(pipe_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    if (count == 0) ::close(std::exchange(pipe_, -1));
    line_.append(bytes.data(), static_cast<std::size_t>(count));
  }
  for (std::size_t end; (end = line_.find('\n')) != std::string::npos; line_.erase(0, end + 1)) pass(line_.substr(0, end), said);
}

void StartedRank::pass_rest(std::set<std::string>& said) {
  pass_lines(said);
  if (!line_.empty()) pass(std::exchange(line_, {}), said);
}

void StartedRank::pass(const std::string& line, std::set<std::string>& said) const {
  if (!line.starts_with("error: ") || said.insert(line).second)
    std::cerr << "rank " + std::to_string(start_.rank) + ": " + line + "\n" << std::flush;
}

}  // namespace leat::cli
