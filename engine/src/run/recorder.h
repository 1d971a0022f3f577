#pragma once

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

/// Does a run's writing, in order, on a thread of its own, so that neither workers nor the device lane wait for a disk. Of checkpoints one
/// is written and one waits: a newer one takes the place of the one that waits. The best ones are all written; where one waits already, the
/// caller waits, too. The first piece of work that throws ends the run, and those after it are dropped. Holds its lock to look and to
/// change; calls nothing under it. [any thread]
class Recorder {
 public:
  explicit Recorder(RunContext& context) : context_(context) {}

  void post(std::function<void()> work);
  using Write = std::function<void(Checkpoint&)>;
  /// Writes this checkpoint, or a newer one that is posted before it is this one's turn.
  void post_newest(Checkpoint checkpoint, Write write);
  /// Writes this checkpoint. Returns when no other of these waits.
  void post_best(Checkpoint checkpoint, Write write);
  /// Returns when all that was posted before is done.
  void flush() { thread_.flush(); }
  [[nodiscard]] std::size_t waiting() const { return thread_.waiting(); }

  /// `now` says what is written while `write` runs; observers hear of it afterwards. [one thread] The recorder's.
  void writing(const std::string& path, std::int64_t steps, const std::function<void()>& write);
  struct Now {
    std::string path;    ///< Empty: nothing is written.
    double seconds = 0;  ///< Since it began.
  };
  [[nodiscard]] Now now() const;

 private:
  void run(const std::function<void()>& work) noexcept;

  RunContext& context_;
  bool has_failed_ = false;  ///< [one thread] The recorder's.
  mutable std::mutex lock_;
  std::condition_variable moved_;
  std::optional<Checkpoint> newest_;
  std::uint64_t newest_number_ = 0;
  bool has_best_waiting_ = false;
  std::string path_;
  std::int64_t since_ns_ = 0;
  WorkThread thread_;  ///< Last: it ends before what it uses.
};

}  // namespace leat::run
