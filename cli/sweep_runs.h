#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include <sys/types.h>

#include "leat/run_store.h"
#include "leat/sweep.h"
#include "progress.h"

namespace leat::cli {

/// Keeps a folder for one sweep: nothing else takes it before this process and the runs that it began have ended.
class SweepLock {
 public:
  /// Throws Refusal where another sweep has it.
  explicit SweepLock(const std::filesystem::path& folder);
  ~SweepLock();
  SweepLock(const SweepLock&) = delete;
  SweepLock& operator=(const SweepLock&) = delete;

 private:
  int file_ = -1;
};

/// Throws Refusal where one of `runs`, which are those in the sweep's folder, is of another graph than its row.
void refuse_other_graphs(const Sweep& sweep, const std::vector<StoredRun>& runs, const std::filesystem::path& folder);

/// Runs what has not finished of a sweep, each as a process of its own: the first seed of every row, then the second of each, and so on.
/// What failed is tried once more at the end. The processes end when this one does, whatever ends it.
class SweepRuns {
 public:
  struct Settings {
    std::filesystem::path folder;
    std::string device;
    int jobs = 1;
    std::vector<std::filesystem::path> plugins;  ///< For each run's `--plugin`.

    /// A run's share of the cores.
    [[nodiscard]] int cores_of_one() const;
    [[nodiscard]] std::string device_of_one() const;
  };
  /// `store` is up to date. Throws as `refuse_other_graphs` does.
  SweepRuns(const Sweep& sweep, RunStore& store, Settings settings);

  /// Makes sure that the signals of children wait for `run`. Before any thread begins.
  static void hold_signals();
  void run();
  /// Lets each run finish its step and write a checkpoint, and begins no other. [any thread]
  void stop();
  /// A sentence for the user, which `run` prints. [any thread]
  void say(const std::string& sentence);

  [[nodiscard]] bool was_stopped() const { return is_stopping_ && finished_ + failed_ < count_; }
  [[nodiscard]] std::size_t finished() const { return finished_; }
  [[nodiscard]] std::size_t failed() const { return failed_; }
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct One {
    std::string name;  ///< `MultiMix-10-100 seed 0`
    const SweepRow* row = nullptr;
    std::uint64_t seed = 0;
    bool is_second_try = false;
    ::pid_t process = -1;
    Clock::time_point begin;

    [[nodiscard]] std::filesystem::path folder(const std::filesystem::path& sweep) const { return sweep / row->folder(seed); }
    /// Not called as its folder is, for reports are asked of `seed-*`.
    [[nodiscard]] std::filesystem::path log(const std::filesystem::path& sweep) const {
      return folder(sweep).replace_filename("log-" + std::to_string(seed) + ".txt");
    }
  };

  void begin_some();
  void begin(One one);
  void collect();
  void print_said();
  void wake() const;  ///< `run`.
  void end(One one, int status);
  void show();
  [[nodiscard]] std::string status_line() const;

  RunStore& store_;
  Settings settings_;
  std::deque<One> waiting_;
  std::vector<One> again_;
  std::size_t count_ = 0;
  std::size_t finished_ = 0;
  std::size_t failed_ = 0;
  double seconds_ = 0;  ///< Of the finished ones.
  StatusLine line_;

  std::mutex lock_;  ///< Guards what follows: a process is collected under it, so that `stop` signals none that is gone.
  std::vector<One> running_;
  std::vector<std::string> said_;
  std::atomic<bool> is_stopping_ = false;
};

}  // namespace leat::cli
