#include "sweep_runs.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <thread>
#include <utility>

#include "leat/run.h"

namespace leat::cli {

namespace {

namespace fs = std::filesystem;

/// The signal that stops a run after its step. It can follow a SIGTERM that a scheduler sent to every process. Unlike a second SIGTERM or
/// SIGINT, it then does not end the run at once.
constexpr int stop_signal = SIGUSR1;

sigset_t signals_of_children() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  return signals;
}

/// Runs in the child between fork and exec, so it calls only functions that are safe there.
[[noreturn]] void become(char** argv, int log, int nothing, ::pid_t parent) {
  // A process group of its own: the child gets Ctrl-C only through the sweep.
  ::setpgid(0, 0);
  // The sweep can have inherited an ignored signal; a run that has not yet installed its handler would then not stop. A signal since the
  // fork is blocked until here, and is not lost.
  ::signal(stop_signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execv("/proc/self/exe", argv);
  ::_exit(127);
}

::pid_t start_leat(std::vector<std::string> arguments, const fs::path& log_file, int flags) {
  std::vector<char*> argv;
  for (std::string& word : arguments) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int log = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
  if (log < 0) throw std::runtime_error("cannot write " + log_file.string() + ": " + std::strerror(errno));
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const ::pid_t parent = ::getpid();
  const ::pid_t process = ::fork();
  if (process == 0) become(argv.data(), log, nothing, parent);
  const int reason = errno;
  ::close(log);
  ::close(nothing);
  if (process < 0) throw std::runtime_error("cannot begin a run: " + std::string(std::strerror(reason)));
  return process;
}

std::string last_line(const fs::path& file) {
  std::ifstream in(file);
  std::string last;
  for (std::string line; std::getline(in, line);)
    if (line.find_first_not_of(' ') != std::string::npos) last = line;
  return last;
}

bool has_checkpoint(const fs::path& folder) {
  try {
    return last_checkpoint(folder).has_value();
  } catch (const std::exception&) {
    // The run itself will report the fault.
    return true;
  }
}

}  // namespace

SweepLock::SweepLock(const fs::path& folder) {
  const fs::path file = folder / "lock";
  // Not O_CLOEXEC: runs inherit the file, and so hold the lock until they end.
  file_ = ::open(file.c_str(), O_WRONLY | O_CREAT, 0644);
  if (file_ < 0) throw Refusal("cannot write " + file.string() + ": " + std::strerror(errno));
  // Runs of a killed sweep take a moment to end.
  for (int tries = 0; ::flock(file_, LOCK_EX | LOCK_NB) != 0; ++tries) {
    if (tries == 40) {
      ::close(file_);
      throw Refusal("another sweep is using " + folder.string());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

SweepLock::~SweepLock() { ::close(file_); }

void refuse_other_graphs(const Sweep& sweep, const std::vector<StoredRun>& runs, const fs::path& folder) {
  std::map<std::string, std::string> hashes;
  for (const StoredRun& run : runs) hashes[run.folder] = run.graph_hash;
  for (const SweepRow& row : sweep.rows)
    for (const std::uint64_t seed : row.seeds) {
      const auto found = hashes.find(row.folder(seed));
      if (found == hashes.end() || found->second.empty() || found->second == row.graph_hash) continue;
      throw Refusal((folder / found->first).string() +
                    " is a run of another graph, or of this one with other settings: name another folder with --out");
    }
}

int SweepRuns::Settings::cores_of_one() const { return std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / jobs); }

std::string SweepRuns::Settings::device_of_one() const {
  return device == "cpu" && jobs > 1 ? "cpu:" + std::to_string(cores_of_one()) : device;
}

SweepRuns::SweepRuns(const Sweep& sweep, RunStore& store, Settings settings) : store_(store), settings_(std::move(settings)) {
  const std::vector<StoredRun> runs = store.runs();
  refuse_other_graphs(sweep, runs, settings_.folder);
  std::map<std::string, const StoredRun*> known;
  for (const StoredRun& run : runs) known[run.folder] = &run;
  std::size_t most = 0;
  for (const SweepRow& row : sweep.rows) most = std::max(most, row.seeds.size());
  for (std::size_t k = 0; k < most; ++k)
    for (const SweepRow& row : sweep.rows) {
      if (k >= row.seeds.size()) continue;
      ++count_;
      One one{row.name + " seed " + std::to_string(row.seeds[k]), &row, row.seeds[k]};
      const auto found = known.find(row.folder(one.seed));
      if (found == known.end() || found->second->status != RunStatus::Finished) {
        waiting_.push_back(std::move(one));
        continue;
      }
      ++finished_;
      seconds_ += found->second->seconds;
    }
}

void SweepRuns::hold_signals() {
  const sigset_t signals = signals_of_children();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void SweepRuns::run() {
  const sigset_t signals = signals_of_children();
  for (;;) {
    begin_some();
    show();
    if (running_.empty()) break;
    const timespec a_second{1, 0};
    ::sigtimedwait(&signals, nullptr, &a_second);
    print_said();
    collect();
  }
  print_said();
  line_.clear();
}

void SweepRuns::stop() {
  const std::lock_guard guard(lock_);
  is_stopping_ = true;
  for (const One& one : running_) ::kill(one.process, stop_signal);
  wake();
}

void SweepRuns::say(const std::string& sentence) {
  const std::lock_guard guard(lock_);
  said_.push_back(sentence);
  wake();
}

void SweepRuns::wake() const { ::kill(::getpid(), SIGCHLD); }

void SweepRuns::print_said() {
  std::vector<std::string> said;
  {
    const std::lock_guard guard(lock_);
    said.swap(said_);
  }
  for (const std::string& sentence : said) line_.message(sentence);
}

void SweepRuns::begin_some() {
  const std::lock_guard guard(lock_);
  while (!is_stopping_ && running_.size() < static_cast<std::size_t>(settings_.jobs)) {
    if (waiting_.empty()) {
      waiting_.assign(again_.begin(), again_.end());
      again_.clear();
    }
    if (waiting_.empty()) return;
    One one = std::move(waiting_.front());
    waiting_.pop_front();
    begin(std::move(one));
  }
}

void SweepRuns::begin(One one) {
  const fs::path folder = one.folder(settings_.folder);
  const bool goes_on = has_checkpoint(folder);
  if (!goes_on && !fs::exists(folder / "results.json")) fs::remove_all(folder);
  fs::create_directories(folder);
  std::vector<std::string> arguments{"leat", "run", one.row->graph.string()};
  for (const Setting& setting : one.row->settings) arguments.insert(arguments.end(), {"--set", setting.key + "=" + setting.value});
  arguments.insert(arguments.end(), {"--seed", std::to_string(one.seed)});
  // A resumed run keeps its number of threads on the device lane, because another number rounds differently.
  if (!goes_on || settings_.device != "cpu") arguments.insert(arguments.end(), {"--device", settings_.device_of_one()});
  for (const fs::path& plugin : settings_.plugins) arguments.insert(arguments.end(), {"--plugin", plugin.string()});
  if (settings_.jobs > 1) arguments.insert(arguments.end(), {"--threads", std::to_string(settings_.cores_of_one())});
  arguments.insert(arguments.end(), {goes_on ? "--resume" : "--out", folder.string()});
  one.begin = Clock::now();
  one.process = start_leat(std::move(arguments), one.log(settings_.folder), goes_on ? O_APPEND : O_TRUNC);
  if (!line_.is_terminal()) line_.message(one.name + (goes_on ? " continues" : one.is_second_try ? " starts again" : " starts"));
  running_.push_back(std::move(one));
}

void SweepRuns::collect() {
  std::vector<std::pair<One, int>> ended;
  {
    const std::lock_guard guard(lock_);
    std::erase_if(running_, [&ended](One& one) {
      int status = 0;
      if (::waitpid(one.process, &status, WNOHANG) != one.process) return false;
      ended.emplace_back(std::move(one), status);
      return true;
    });
  }
  for (auto& [one, status] : ended) end(std::move(one), status);
}

void SweepRuns::end(One one, int status) {
  const double seconds = std::chrono::duration<double>(Clock::now() - one.begin).count();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    ++finished_;
    seconds_ += seconds;
    if (!line_.is_terminal())
      line_.message(one.name + " has finished in " + clock_words(seconds) + ", " + std::to_string(finished_) + " of " +
                    std::to_string(count_));
    return;
  }
  // The run has stopped as asked, or the signal ended it before it had a handler.
  const bool has_stopped = WIFEXITED(status) ? WEXITSTATUS(status) == 130 : WTERMSIG(status) == stop_signal;
  if (is_stopping_ && has_stopped) return;
  const fs::path log = one.log(settings_.folder);
  std::string error = WIFSIGNALED(status) ? "it was killed by signal " + std::to_string(WTERMSIG(status)) : last_line(log);
  if (error.empty()) error = "it ended with exit code " + std::to_string(WEXITSTATUS(status));
  store_.record_failure(one.folder(settings_.folder), one.seed, settings_.device, error);
  line_.message(one.name + " failed: " + error + "\n  its log is " + log.string() +
                (one.is_second_try ? "" : "\n  it is tried once more, after the others"));
  if (one.is_second_try) {
    ++failed_;
    return;
  }
  one.is_second_try = true;
  again_.push_back(std::move(one));
}

void SweepRuns::show() {
  if (line_.is_terminal() && !running_.empty()) line_.show(status_line());
}

std::string SweepRuns::status_line() const {
  constexpr std::size_t most_names = 3;
  std::string line = bar(static_cast<std::int64_t>(finished_), static_cast<std::int64_t>(count_));
  line += std::to_string(finished_) + "/" + std::to_string(count_) + "  ";
  double running = 0;
  for (std::size_t k = 0; k < running_.size(); ++k) {
    running += std::chrono::duration<double>(Clock::now() - running_[k].begin).count();
    if (k < most_names) line += (k > 0 ? ", " : "") + running_[k].name;
  }
  if (running_.size() > most_names) line += " and " + std::to_string(running_.size() - most_names) + " more";
  if (const std::size_t failed = failed_ + again_.size(); failed > 0) line += "  " + std::to_string(failed) + " failed";
  if (finished_ == 0) return line;
  const double all = seconds_ / static_cast<double>(finished_) * static_cast<double>(count_ - finished_ - failed_);
  return line + "  " + clock_words(std::max(0., all - running) / settings_.jobs) + " left";
}

}  // namespace leat::cli
