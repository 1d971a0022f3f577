#include "support/command.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "support/text_file.h"

namespace leat::test {

namespace {

const char* const out_name = ".stdout";
const char* const err_name = ".stderr";

void fill(int pipe) {
  const int flags = ::fcntl(pipe, F_GETFL);
  ::fcntl(pipe, F_SETFL, flags | O_NONBLOCK);
  const std::string words(4096, '.');
  while (::write(pipe, words.data(), words.size()) > 0) continue;
  while (::write(pipe, words.data(), 1) > 0) continue;
  ::fcntl(pipe, F_SETFL, flags);
}

}  // namespace

std::string Finished::last_error_line() const {
  const std::size_t end = err.find_last_not_of('\n');
  if (end == std::string::npos) return {};
  const std::size_t before = err.rfind('\n', end);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  return err.substr(begin, end + 1 - begin);
}

Command::Command(const std::vector<std::string>& arguments, std::filesystem::path folder, Prints prints) : folder_(std::move(folder)) {
  std::vector<std::string> words{LEAT_COMMAND};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder_.c_str());
  int pipe[2] = {-1, -1};
  if (prints == Prints::ToFiles || prints == Prints::ToFullDisk) {
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, prints == Prints::ToFiles ? out_name : "/dev/full",
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err_name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  } else {
    if (::pipe2(pipe, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe: " + std::string(std::strerror(errno)));
    if (prints == Prints::ToFullPipe) {
      reader_ = pipe[0];
      fill(pipe[1]);
    } else {
      ::close(pipe[0]);
    }
    for (const int file : {STDOUT_FILENO, STDERR_FILENO}) posix_spawn_file_actions_adddup2(&actions, pipe[1], file);
  }
  const int failed = ::posix_spawn(&process_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (pipe[1] >= 0) ::close(pipe[1]);
  if (failed != 0) throw std::runtime_error("cannot start " LEAT_COMMAND ": " + std::string(std::strerror(failed)));
}

Command::~Command() {
  if (reader_ >= 0) ::close(reader_);
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

void Command::signal(int number) const { ::kill(process_, number); }

Finished Command::wait() {
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0)
    if (errno != EINTR) throw std::runtime_error("cannot wait for leat: " + std::string(std::strerror(errno)));
  process_ = -1;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text_of(folder_ / out_name), text_of(folder_ / err_name)};
}

std::filesystem::path leat_command() { return LEAT_COMMAND; }

Finished run_leat(const std::vector<std::string>& arguments, const std::filesystem::path& folder) {
  return Command(arguments, folder).wait();
}

}  // namespace leat::test
