#include "launch_ranks.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iostream>
#include <optional>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "reserved_port.h"
#include "started_rank.h"

namespace leat::cli {

namespace {

using Clock = std::chrono::steady_clock;

sigset_t taken_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD}) sigaddset(&signals, signal);
  // A blocked signal would arrive at the signalfd even if it was ignored, as SIGHUP is under `nohup`.
  for (const int signal : {SIGHUP, SIGTSTP}) {
    struct sigaction now {};
    if (::sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) sigaddset(&signals, signal);
  }
  return signals;
}

/// The launched ranks until all have ended.
class Launch {
 public:
  Launch(int count, const std::vector<std::string>& words, std::chrono::seconds longest_end)
      : longest_end_(std::max(longest_end, std::chrono::seconds(10))) {
    // The ranks end by themselves if nobody reads what they print.
    ::signal(SIGPIPE, SIG_IGN);
    const sigset_t signals = taken_signals();
    ::sigprocmask(SIG_BLOCK, &signals, &before_);
    signals_ = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals_ < 0) throw std::runtime_error("cannot watch for signals: " + std::string(std::strerror(errno)));
    for (int rank = 0; rank < count; ++rank) ranks_.emplace_back(RankStart{rank, count, port_.port()}, words, before_);
  }
  ~Launch() {
    ::close(signals_);
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  Launch(const Launch&) = delete;
  Launch& operator=(const Launch&) = delete;

  int wait() {
    while (std::any_of(ranks_.begin(), ranks_.end(), [](const StartedRank& rank) { return rank.is_running(); })) {
      wait_for_news();
      for (StartedRank& rank : ranks_) rank.pass_lines(said_);
      signalfd_siginfo signal;
      while (::read(signals_, &signal, sizeof signal) == sizeof signal) take(static_cast<int>(signal.ssi_signo));
      for (StartedRank& rank : ranks_) look_at(rank);
      if (deadline_ && Clock::now() >= *deadline_) end_rest();
    }
    for (StartedRank& rank : ranks_) rank.pass_rest(said_);
    return code_;
  }

 private:
  void wait_for_news() {
    std::vector<pollfd> files{{signals_, POLLIN, 0}};
    for (const StartedRank& rank : ranks_)
      if (rank.lines() >= 0) files.push_back({rank.lines(), POLLIN, 0});
    ::poll(files.data(), files.size(), deadline_ ? 1000 : -1);
  }

  void take(int signal) {
    if (signal == SIGCHLD) return;
    // The ranks are not in the terminal's group of processes, so Ctrl-Z reaches only this one.
    if (signal != SIGTSTP) return send(signal);
    send(SIGSTOP);
    ::raise(SIGSTOP);
    send(SIGCONT);
  }

  void send(int signal) {
    for (const StartedRank& rank : ranks_) rank.send(signal);
  }

  void look_at(StartedRank& rank) {
    if (!rank.is_running() || !rank.has_ended() || rank.code() == 0) return;
    // Other ranks end with 1 because of it.
    code_ = std::max(code_, rank.code());
    if (deadline_) return;
    failed_ = rank.rank();
    deadline_ = Clock::now() + longest_end_;
  }

  void end_rest() {
    for (const StartedRank& rank : ranks_) {
      if (!rank.is_running()) continue;
      std::cerr << "rank " + std::to_string(rank.rank()) + " is killed, because it has not ended within " +
                       std::to_string(longest_end_.count()) + " s after rank " + std::to_string(failed_) + "\n"
                << std::flush;
      rank.send(SIGKILL);
    }
    deadline_ = Clock::now() + longest_end_;
  }

  const std::chrono::seconds longest_end_;
  const ReservedPort port_;
  sigset_t before_{};
  int signals_ = -1;
  std::vector<StartedRank> ranks_;
  std::set<std::string> said_;                 ///< Errors of the ranks from 1 on.
  std::optional<Clock::time_point> deadline_;  ///< When the others are killed; from the first failure on.
  int failed_ = -1;
  int code_ = 0;
};

}  // namespace

std::vector<std::string> words_without_ranks() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  bool are_options = true;
  for (std::string word; std::getline(in, word, '\0');) {
    if (word == "--") are_options = false;
    if (are_options && word.starts_with("--ranks=")) continue;
    if (are_options && word == "--ranks") std::getline(in, word, '\0');
    else words.push_back(word);
  }
  return words;
}

int launch_ranks(int count, const std::vector<std::string>& words, std::chrono::seconds longest_end) {
  return Launch(count, words, longest_end).wait();
}

}  // namespace leat::cli
