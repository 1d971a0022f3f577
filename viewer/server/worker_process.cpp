#include "server/worker_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <stdexcept>

extern char** environ;

namespace leat::viewer {

namespace {

constexpr int request_file = 3, reply_file = 4;
constexpr int look_ms = 20;

struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error(std::string("cannot make a pipe: ") + std::strerror(errno));
    read = ends[0];
    write = ends[1];
  }
  int read;
  int write;
};

std::int64_t resident_bytes(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/statm");
  std::int64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return std::string("crashed (") + ::strsignal(WTERMSIG(status)) + ")";
  return "ended with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

WorkerProcess::~WorkerProcess() {
  end();
  const std::lock_guard guard(working_);
  kill();
}

void WorkerProcess::start() {
  if (process_ > 0) return;
  const Pipe requests, replies, words;
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&files, words.write, STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&files, requests.read, request_file);
  posix_spawn_file_actions_adddup2(&files, replies.write, reply_file);
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
  for (const std::string& one : command_) arguments.push_back(const_cast<char*>(one.c_str()));
  arguments.push_back(nullptr);
  pid_t process = -1;
  const int failed = posix_spawn(&process, arguments[0], &files, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  for (const int end : {requests.read, replies.write, words.write}) ::close(end);
  if (failed != 0) {
    for (const int end : {requests.write, replies.read, words.read}) ::close(end);
    throw std::runtime_error(std::string("cannot start ") + command_[0] + ": " + std::strerror(failed));
  }
  process_ = process;
  requests_ = requests.write;
  replies_ = replies.read;
  words_ = words.read;
  ::fcntl(words_, F_SETFL, O_NONBLOCK);
}

void WorkerProcess::kill() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  for (const int file : {requests_, replies_, words_}) ::close(file);
  process_ = -1;
}

std::string WorkerProcess::last_words() {
  std::string text;
  char piece[4096];
  for (ssize_t count; (count = ::read(words_, piece, sizeof piece)) > 0;) text.append(piece, static_cast<std::size_t>(count));
  while (text.ends_with('\n')) text.pop_back();
  const std::size_t line = text.rfind('\n');
  return line == std::string::npos ? text : text.substr(line + 1);
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

void WorkerProcess::give_up() {
  const std::lock_guard guard(lock_);
  given_up_ = newest_;
}

void WorkerProcess::end() {
  const std::lock_guard guard(lock_);
  is_ended_ = true;
  given_up_ = newest_;
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
  const auto is_given_up = [&] {
    const std::lock_guard guard(lock_);
    return is_ended_ || number <= given_up_;
  };
  const std::lock_guard guard(working_);
  if (is_given_up()) return {{}, "a newer request took its place", true};
  start();
  const auto begin = std::chrono::steady_clock::now();
  if (!send(requests_, {request, {}})) {
    kill();
    start();
    if (!send(requests_, {request, {}})) return {{}, "the process for it does not start", false};
  }
  while (true) {
    pollfd reply{replies_, POLLIN, 0};
    const int found = ::poll(&reply, 1, look_ms);
    if (found > 0) {
      if (std::optional<Message> message = receive(replies_)) {
        (void)last_words();  // Warnings of libraries must not fill the pipe.
        return {std::move(*message), {}, false};
      }
      int status = 0;
      ::waitpid(process_, &status, 0);
      const std::string words = last_words();
      for (const int file : {requests_, replies_, words_}) ::close(file);
      process_ = -1;
      return {{}, "the process for it " + how_it_ended(status) + (words.empty() ? "" : ": " + words), false};
    }
    if (is_given_up()) {
      kill();
      return {{}, "a newer request took its place", true};
    }
    if (std::chrono::steady_clock::now() - begin > limits_.time) {
      kill();
      return {{}, "it was ended after " + std::to_string(limits_.time.count() / 1000) + " seconds, the limit", false};
    }
    if (resident_bytes(process_) > limits_.bytes) {
      kill();
      return {{}, "it was ended because it used more than " + std::to_string(limits_.bytes >> 20) + " MiB of memory, the limit", false};
    }
  }
}

}  // namespace leat::viewer
