#include "base/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace leat {
namespace {

// Exit codes that no other code uses.
constexpr int answered = 113, threw = 114;

/// A file in memory, shared by child and parent.
class SharedText {
 public:
  SharedText() : file_(::memfd_create("leat child", MFD_CLOEXEC)) {
    if (file_ < 0) throw std::runtime_error(std::string("cannot make a file in memory: ") + std::strerror(errno));
  }
  SharedText(const SharedText&) = delete;
  SharedText& operator=(const SharedText&) = delete;
  ~SharedText() { ::close(file_); }

  [[nodiscard]] int file() const { return file_; }
  void write(const std::string& text) const {
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t count = ::pwrite(file_, text.data() + at, text.size() - at, static_cast<off_t>(at));
      if (count <= 0) return;
      at += static_cast<std::size_t>(count);
    }
  }
  [[nodiscard]] std::string read() const {
    std::string out;
    char piece[65536];
    for (ssize_t count; (count = ::pread(file_, piece, sizeof piece, static_cast<off_t>(out.size()))) > 0;)
      out.append(piece, static_cast<std::size_t>(count));
    return out;
  }

 private:
  int file_;
};

/// Makes the child end with its parent, and unblocks all signals, because the child inherits those that its parent's thread blocks.
void end_with(pid_t parent) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(threw);
}

[[noreturn]] void work_as_child(const std::function<std::string()>& work, const SharedText& answer, const SharedText& words) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::dup2(words.file(), STDERR_FILENO);
  ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
  std::string thrown;
  try {
    answer.write(work());
    ::_exit(answered);
  } catch (const std::exception& error) {
    thrown = error.what();
  } catch (...) {
    thrown = "something that is not a std::exception";
  }
  answer.write(thrown.empty() ? "an exception without words" : thrown);
  ::_exit(threw);
}

/// Returns false if the child was killed because it took too long.
bool wait_for(pid_t child, std::chrono::seconds most, int& status) {
  const auto until = std::chrono::steady_clock::now() + most;
  for (;;) {
    if (::waitpid(child, &status, WNOHANG) == child) return true;
    if (std::chrono::steady_clock::now() > until) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      return false;
    }
    ::poll(nullptr, 0, 2);
  }
}

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

ChildWork in_child(const std::function<std::string()>& work, std::chrono::seconds most) {
  const SharedText answer, words;
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error(std::string("cannot begin a process: ") + std::strerror(errno));
  if (child == 0) {
    end_with(parent);
    work_as_child(work, answer, words);
  }
  ChildWork out;
  int status = 0;
  out.is_late = !wait_for(child, most, status);
  if (out.is_late) out.failure = "has not ended within " + std::to_string(most.count()) + " seconds";
  else if (WIFSIGNALED(status)) out.failure = std::string("crashes (") + ::strsignal(WTERMSIG(status)) + ")";
  else if (WEXITSTATUS(status) == answered) out.answer = answer.read();
  else if (WEXITSTATUS(status) == threw) out.thrown = answer.read();
  else out.failure = "ends the process";
  if (!out.failure.empty()) out.last_words = last_line(words.read());
  return out;
}

}  // namespace leat
