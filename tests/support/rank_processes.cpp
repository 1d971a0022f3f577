#include "support/rank_processes.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "support/text_file.h"

namespace leat::test {

namespace {

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

/// Returns this process's environment with further variables, and without those that make a process a rank.
std::vector<std::string> environment_with(const Process::Variables& variables) {
  std::vector<std::string> out;
  for (char** one = environ; *one; ++one) {
    const std::string text = *one;
    bool is_kept = true;
    for (const char* name : {"RANK=", "WORLD_SIZE=", "LOCAL_RANK=", "LOCAL_WORLD_SIZE=", "MASTER_ADDR=", "MASTER_PORT=", "TORCHELASTIC_"})
      is_kept = is_kept && !text.starts_with(name);
    if (is_kept) out.push_back(text);
  }
  for (const auto& [name, value] : variables) out.push_back(name + "=" + value);
  // As the command does.
  out.emplace_back("GOMP_SPINCOUNT=3000");
  return out;
}

}  // namespace

Process::Process(const std::vector<std::string>& words, const std::filesystem::path& folder, const std::string& name,
                 const Variables& variables)
    : out_(folder / (name + ".out")), err_(folder / (name + ".err")) {
  std::vector<std::string> arguments = words;
  std::vector<std::string> environment = environment_with(variables);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int failed = ::posix_spawn(&id_, arguments[0].c_str(), &actions, nullptr, pointers(arguments).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start " + arguments[0]);
}

Process::Process(Process&& other) noexcept : out_(std::move(other.out_)), err_(std::move(other.err_)), id_(std::exchange(other.id_, -1)) {}

Process::~Process() {
  if (id_ < 0) return;
  ::kill(id_, SIGKILL);
  ::waitpid(id_, nullptr, 0);
}

void Process::signal(int number) const { ::kill(id_, number); }

std::string Process::out() const { return text_of(out_); }

std::string Process::err() const { return text_of(err_); }

void Process::wait_for(const std::string& text) const {
  while (out().find(text) == std::string::npos) {
    siginfo_t ended{};
    if (::waitid(P_PID, static_cast<id_t>(id_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == id_ &&
        out().find(text) == std::string::npos)
      throw std::runtime_error("a process has ended without printing `" + text + "`: " + out() + err());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void Process::wait_until_stopped() const {
  siginfo_t stopped{};
  while (::waitid(P_PID, static_cast<id_t>(id_), &stopped, WSTOPPED | WNOWAIT) != 0 && errno == EINTR) continue;
}

Finished Process::wait() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(3);
  int status = 0;
  for (::pid_t ended = 0; ended != id_;) {
    ended = ::waitpid(id_, &status, WNOHANG);
    if (ended < 0 && errno != EINTR) throw std::runtime_error("cannot wait for a process");
    if (ended == id_) break;
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("a process does not end: " + out() + err());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  id_ = -1;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), out(), err()};
}

Process::Variables rank_variables(int rank, int size, int port) {
  const std::string number = std::to_string(rank);
  const std::string count = std::to_string(size);
  return {{"RANK", number},
          {"LOCAL_RANK", number},
          {"WORLD_SIZE", count},
          {"LOCAL_WORLD_SIZE", count},
          {"MASTER_ADDR", "127.0.0.1"},
          {"MASTER_PORT", std::to_string(port)}};
}

Scene::Scene(int size, const std::filesystem::path& folder, const std::vector<std::string>& words, int timeout_s) {
  std::vector<std::string> all{rank_worker(), std::to_string(timeout_s)};
  all.insert(all.end(), words.begin(), words.end());
  for (int rank = 0; rank < size; ++rank) ranks_.emplace_back(all, folder, std::to_string(rank), rank_variables(rank, size, port_.port()));
}

void Scene::wait_for(const std::string& text) const {
  for (int rank = 0; rank < size(); ++rank) wait_for(rank, text);
}

void Scene::wait_for(int rank, const std::string& text) const {
  try {
    ranks_.at(static_cast<std::size_t>(rank)).wait_for(text);
  } catch (const std::exception& error) {
    // The others learn of an end within seconds.
    std::this_thread::sleep_for(std::chrono::seconds(10));
    std::string all = error.what();
    for (const Process& one : ranks_) all += "\nprocess " + std::to_string(one.id()) + ": " + one.err();
    throw std::runtime_error(all);
  }
}

std::string rank_worker() { return LEAT_RANK_WORKER; }

}  // namespace leat::test
