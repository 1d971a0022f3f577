#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "leat/work_thread.h"
#include "run/checkpoint.h"
#include "run/run_context.h"

namespace leat::run {

/// Does a run's writes, in order, on a thread of its own. So neither workers nor the device lane wait for a disk. Of the newest
/// checkpoints, one is written and one waits; a newer one replaces the one that waits. Best checkpoints are all written. If one waits
/// already, the caller waits too. The first write that throws ends the run, and later ones are dropped. Holds its lock to look and to
/// change; calls nothing under it. [any thread]
class Recorder {
 public:
  explicit Recorder(RunContext& context) : context_(context) {}

  void post(std::function<void()> work);
  using Write = std::function<void(Checkpoint&)>;
  /// Writes this checkpoint, or a newer one that is posted before the write begins.
  void post_newest(Checkpoint checkpoint, Write write);
  /// Writes that hold much memory.
  enum class Large { BestCheckpoint, RecordedStep };
  /// Posts a write. Waits first while another of its kind waits.
  void post_large(Large kind, std::function<void()> work);
  /// Returns when all posted writes are done.
  void flush() { thread_.flush(); }
  [[nodiscard]] std::size_t waiting() const { return thread_.waiting(); }

  /// Runs `write`. `now` returns `path` meanwhile; observers are told afterwards. On the recorder's thread. [one thread]
  void writing(const std::string& path, std::int64_t steps, const std::function<void()>& write);
  struct Now {
    std::string path;    ///< Empty if nothing is being written.
    double seconds = 0;  ///< Time since it began.
  };
  [[nodiscard]] Now now() const;

 private:
  void run(const std::function<void()>& work) noexcept;

  RunContext& context_;
  bool has_failed_ = false;  ///< On the recorder's thread. [one thread]
  mutable std::mutex lock_;
  std::condition_variable moved_;
  std::optional<Checkpoint> newest_;
  std::uint64_t newest_number_ = 0;
  std::array<bool, 2> has_waiting_{};  ///< By the number in `Large`.
  std::string path_;
  std::int64_t since_ns_ = 0;
  WorkThread thread_;  ///< Last member, so that it is joined before the others are destroyed.
};

}  // namespace leat::run
