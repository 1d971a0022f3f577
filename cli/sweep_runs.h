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

/// Locks a folder for one sweep until this process and all runs that it has started have ended.
class SweepLock {
 public:
  /// Throws Refusal if another sweep has locked the folder.
  explicit SweepLock(const std::filesystem::path& folder);
  ~SweepLock();
  SweepLock(const SweepLock&) = delete;
  SweepLock& operator=(const SweepLock&) = delete;

 private:
  int file_ = -1;
};

/// Throws Refusal if one of `runs`, the runs in the sweep's folder, has another graph than its row.
void refuse_other_graphs(const Sweep& sweep, const std::vector<StoredRun>& runs, const std::filesystem::path& folder);

/// Runs the unfinished runs of a sweep, each as a process: the first seed of every row, then the second of every row, and so on. Failed
/// runs are tried once more at the end. Invariant: the processes end when this one does, whatever ends it.
class SweepRuns {
 public:
  struct Settings {
    std::filesystem::path folder;
    std::string device;
    int jobs = 1;
    std::vector<std::filesystem::path> plugins;  ///< For each run's `--plugin`.

    /// Returns a run's share of the cores.
    [[nodiscard]] int cores_of_one() const;
    [[nodiscard]] std::string device_of_one() const;
  };
  /// Precondition: `store` is up to date. Throws like `refuse_other_graphs`.
  SweepRuns(const Sweep& sweep, RunStore& store, Settings settings);

  /// Blocks signals of children until `run` takes them. Call it before any thread starts.
  static void hold_signals();
  void run();
  /// Lets each run finish its step and write a checkpoint, and starts no other run. [any thread]
  void stop();
  /// Adds a message for the user, which `run` prints. [any thread]
  void say(const std::string& sentence);

  [[nodiscard]] bool was_stopped() const { return is_stopping_ && finished_ + failed_ < count_; }
  [[nodiscard]] std::size_t finished() const { return finished_; }
  [[nodiscard]] std::size_t failed() const { return failed_; }
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct One {
    std::string name;  ///< `MultiMix-10-100 seed 0`.
    const SweepRow* row = nullptr;
    std::uint64_t seed = 0;
    bool is_second_try = false;
    ::pid_t process = -1;
    Clock::time_point begin;

    [[nodiscard]] std::filesystem::path folder(const std::filesystem::path& sweep) const { return sweep / row->folder(seed); }
    /// Returns the run's log file. Its name must not match `seed-*`, with which reports find runs.
    [[nodiscard]] std::filesystem::path log(const std::filesystem::path& sweep) const {
      return folder(sweep).replace_filename("log-" + std::to_string(seed) + ".txt");
    }
  };

  void begin_some();
  void begin(One one);
  void collect();
  void print_said();
  void wake() const;  ///< Wakes `run`.
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
  double seconds_ = 0;  ///< Total duration of the finished runs.
  StatusLine line_;

  std::mutex lock_;  ///< Guards the members below. A process is collected with it held, so `stop` never signals a process that is gone.
  std::vector<One> running_;
  std::vector<std::string> said_;
  std::atomic<bool> is_stopping_ = false;
};

}  // namespace leat::cli
