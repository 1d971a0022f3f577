#include "server/worker_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <utility>

extern char** environ;

namespace leat::viewer {

namespace {

constexpr int request_file = 3, reply_file = 4;
constexpr int look_ms = 20;
/// Time that a request has to end after it was given up. Starting a process takes longer.
constexpr std::chrono::milliseconds grace{400};
constexpr std::size_t most_words = 4096;

/// One end of a pipe. Its number is above those that a child gets.
class End {
 public:
  explicit End(int file) : file_(::fcntl(file, F_DUPFD_CLOEXEC, 10)) {
    ::close(file);
    if (file_ < 0) throw std::runtime_error(std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  End(End&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  End& operator=(End&&) = delete;
  ~End() {
    if (file_ >= 0) ::close(file_);
  }
  [[nodiscard]] int get() const { return file_; }
  [[nodiscard]] int release() { return std::exchange(file_, -1); }

 private:
  int file_;
};

struct Pipe {
  End read, write;

  static Pipe made() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error(std::string("cannot make a pipe: ") + std::strerror(errno));
    End read(ends[0]);
    return {std::move(read), End(ends[1])};
  }
};

std::int64_t resident_bytes(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/statm");
  std::int64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

/// Returns true if the reader of a pipe has not read all that was written. It can have ended. `writer`: the end to write to.
bool has_unread_bytes(int writer) {
  int count = 0;
  return ::ioctl(writer, FIONREAD, &count) == 0 && count > 0;
}

/// Starts a process with the files 0 to 4. It inherits nothing else.
pid_t spawn(const std::vector<std::string>& command, const End& requests, const End& replies, const End& errors) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&files, errors.get(), STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&files, requests.get(), request_file);
  posix_spawn_file_actions_adddup2(&files, replies.get(), reply_file);
  posix_spawn_file_actions_addclosefrom_np(&files, reply_file + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, usual;
  sigemptyset(&none);
  sigemptyset(&usual);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2}) sigaddset(&usual, signal);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  // A Ctrl-C in the terminal is for the server, which ends its children.
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::vector<char*> arguments;
  for (const std::string& one : command) arguments.push_back(const_cast<char*>(one.c_str()));
  arguments.push_back(nullptr);
  pid_t process = -1;
  const int failed = posix_spawn(&process, arguments[0], &files, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) throw std::runtime_error("cannot start " + command[0] + ": " + std::strerror(failed));
  return process;
}

}  // namespace

WorkerProcess::~WorkerProcess() {
  end();
  const std::lock_guard guard(working_);
  kill();
}

void WorkerProcess::start() {
  if (process_ > 0) return;
  Pipe requests = Pipe::made(), replies = Pipe::made(), errors = Pipe::made();
  process_ = spawn(command_, requests.read, replies.write, errors.write);
  requests_ = requests.write.release();
  replies_ = replies.read.release();
  errors_ = errors.read.release();
  ::fcntl(errors_, F_SETFL, O_NONBLOCK);
  words_.clear();
}

void WorkerProcess::kill() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  (void)how_it_ended();
}

std::string WorkerProcess::how_it_ended() {
  int status = 0;
  ::waitpid(process_, &status, 0);
  hear_words();
  for (const int file : {requests_, replies_, errors_}) ::close(file);
  process_ = -1;
  std::string out = WIFSIGNALED(status) ? std::string("crashed (") + ::strsignal(WTERMSIG(status)) + ")"
                                        : "ended with exit code " + std::to_string(WEXITSTATUS(status));
  while (words_.ends_with('\n')) words_.pop_back();
  const std::size_t line = words_.rfind('\n');
  if (!words_.empty()) out += ": " + (line == std::string::npos ? words_ : words_.substr(line + 1));
  return out;
}

void WorkerProcess::hear_words() {
  char piece[4096];
  for (ssize_t count; (count = ::read(errors_, piece, sizeof piece)) > 0;) {
    words_.append(piece, static_cast<std::size_t>(count));
    if (words_.size() > most_words) words_.erase(0, words_.size() - most_words);
  }
}

void WorkerProcess::warm_up() {
  const std::unique_lock guard(working_, std::try_to_lock);
  if (!guard) return;
  {
    const std::lock_guard numbers(lock_);
    if (is_ended_) return;
  }
  start();
}

void WorkerProcess::restart() {
  give_up();
  const std::lock_guard guard(working_);
  kill();
}

void WorkerProcess::give_up() {
  const std::lock_guard guard(lock_);
  given_up_ = newest_;
}

void WorkerProcess::end() {
  const std::lock_guard guard(lock_);
  is_ended_ = true;
  given_up_ = newest_;
}

bool WorkerProcess::is_given_up(std::uint64_t number) {
  const std::lock_guard guard(lock_);
  return is_ended_ || number <= given_up_;
}

WorkerProcess::Reply WorkerProcess::ask(const nlohmann::json& request) {
  std::uint64_t number = 0;
  {
    const std::lock_guard guard(lock_);
    number = ++newest_;
  }
  return work(request, number);
}

WorkerProcess::Reply WorkerProcess::ask_instead(const nlohmann::json& request) {
  std::uint64_t number = 0;
  {
    const std::lock_guard guard(lock_);
    given_up_ = newest_;
    number = ++newest_;
  }
  return work(request, number);
}

WorkerProcess::Reply WorkerProcess::work(const nlohmann::json& request, std::uint64_t number) {
  const std::lock_guard guard(working_);
  if (is_given_up(number)) return {{}, "a newer request took its place", true};
  if (process_ > 0) {
    Reply reply = ask_running(request, number);
    // It can have ended since the last request. One that has read the request and then ended is not asked again: it would end again.
    if (!reply.is_unread || is_given_up(number)) return reply;
  }
  start();
  return ask_running(request, number);
}

WorkerProcess::Reply WorkerProcess::ask_running(const nlohmann::json& request, std::uint64_t number) {
  if (!send(requests_, {request, {}})) {
    ::kill(process_, SIGKILL);
    return {{}, "the process for it " + how_it_ended(), false, true};
  }
  return wait_for_reply(number);
}

WorkerProcess::Reply WorkerProcess::wait_for_reply(std::uint64_t number) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  const auto killed = [&](const std::string& why, bool is_replaced) {
    kill();
    return Reply{{}, why, is_replaced};
  };
  auto given_up_at = Clock::time_point::max();
  while (true) {
    pollfd files[] = {{replies_, POLLIN, 0}, {errors_, POLLIN, 0}};
    ::poll(files, 2, look_ms);
    hear_words();
    if (files[0].revents != 0) {
      std::optional<Message> message = receive(replies_);
      const bool is_replaced = is_given_up(number);
      if (message) return {is_replaced ? Message() : std::move(*message), is_replaced ? "a newer request took its place" : "", is_replaced};
      // It has closed its end, or sends something else. It need not have ended.
      ::kill(process_, SIGKILL);
      const bool is_unread = has_unread_bytes(requests_);
      return {{}, "the process for it " + how_it_ended(), false, is_unread};
    }
    const auto now = Clock::now();
    if (given_up_at == Clock::time_point::max() && is_given_up(number)) {
      given_up_at = now;
      // The worker ends the request at its next call of a node, and keeps what it has computed.
      (void)send(requests_, {{{"do", "give up"}}, {}});
    }
    {
      const std::lock_guard guard(lock_);
      if (is_ended_) given_up_at = now - 2 * grace;
    }
    if (given_up_at != Clock::time_point::max() && now - given_up_at > grace) return killed("a newer request took its place", true);
    if (now - begin > limits_.time)
      return killed("it was ended after " + std::to_string(limits_.time.count() / 1000) + " seconds, the limit", false);
    if (resident_bytes(process_) > limits_.bytes)
      return killed("it was ended because it used more than " + std::to_string(limits_.bytes >> 20) + " MiB of memory, the limit", false);
  }
}

}  // namespace leat::viewer
