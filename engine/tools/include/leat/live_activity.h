#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "leat/activity.h"
#include "leat/log_end.h"
#include "leat/log_header.h"
#include "leat/rank_activity.h"
#include "leat/verdict.h"

namespace leat {

/// Lengths of calls, in seconds; NaN if there was no call.
struct CallLengths {
  double median = 0;
  double p95 = 0;  ///< 95th percentile.
};

/// A phase of a run that another thread or process writes.
struct LivePhase {
  PhaseActivity whole;   ///< Since the begin of the run, without steps in flight.
  PhaseActivity recent;  ///< The window. Its calls and values are those of steps that were retired in it.
  /// The window, in seconds since the begin of the run, without those in which somebody had paused it. Steps in flight begin after its end.
  double from = 0;
  double to = 0;
  std::vector<CallLengths> whole_lengths;   ///< By node, within 2 %.
  std::vector<CallLengths> recent_lengths;  ///< By node, of the calls that began in the window, at most the newest 2048.
  std::vector<double> last_ends;            ///< By node: the end of its latest call, in seconds since the begin of the run; NaN: none.
  std::vector<std::int64_t> waiting;        ///< By edge: values that the reader has not processed.
};

/// What a thread did.
struct LiveSpan {
  int phase = 0;
  int node = 0;
  int thread = 0;
  std::int64_t step = 0;
  int slot = -1;     ///< -1: a whole step.
  double begin = 0;  ///< Seconds since the begin of the run.
  double seconds = 0;
};

/// A moment at which a step of a phase was retired.
struct StepMoment {
  std::int64_t step = 0;  ///< Steps done.
  double time = 0;        ///< Seconds since the begin of the run.
};

/// What the run told its user.
struct LiveMessage {
  double time = 0;  ///< Unix time in seconds.
  std::string text;
};

/// Follows the event log of a run. The memory does not grow with the log. [one thread]
class LiveActivity {
 public:
  explicit LiveActivity(std::filesystem::path events_log, double window_seconds = 10);
  ~LiveActivity();
  LiveActivity(const LiveActivity&) = delete;
  LiveActivity& operator=(const LiveActivity&) = delete;

  /// Reads what was written since the last call, at most about `most_bytes`. Returns true if there was something, or a step was settled.
  /// Begins again if the file was replaced. Throws std::runtime_error if it is no event log, or cannot be read.
  bool read(std::int64_t most_bytes = std::int64_t{1} << 24);
  /// Settles all steps: no more events are expected.
  void end();

  [[nodiscard]] bool is_missing() const;  ///< There is no such file.
  [[nodiscard]] bool is_damaged() const;  ///< What follows the part that was read cannot be read.
  [[nodiscard]] bool is_behind() const;   ///< More is to be read at once.
  /// Returns the names; null before the header was read.
  [[nodiscard]] const LogHeader* header() const;
  /// Returns the Unix time at which the run began, before it was resumed; 0 if the log does not say it.
  [[nodiscard]] double begun() const;
  /// Counts the headers that were read. Nodes and phases of an earlier number are not those of a later one.
  [[nodiscard]] int part() const;
  /// Returns the phase in progress, or the last one; -1 before the first event.
  [[nodiscard]] int phase() const;
  struct Progress {
    std::int64_t step = 0;         ///< Steps done in the newest occurrence.
    std::int64_t occurrences = 0;  ///< How often it has begun.
  };
  [[nodiscard]] Progress progress(int phase) const;
  /// Without `with_whole`, its times since the begin of the run are left out.
  [[nodiscard]] LivePhase at(int phase, bool with_whole = true) const;
  /// Returns true if the phase has run long enough for a window.
  [[nodiscard]] bool has_window(int phase) const;
  /// Returns a number that grows when `at` has something new.
  [[nodiscard]] std::int64_t changes(int phase) const;
  /// Returns the seconds since the begin of the run, of its newest event. Breaks between parts of a resumed run do not count.
  [[nodiscard]] double seconds() const;
  /// Returns the Unix time of the newest event, in seconds; 0 before the first one, or if the log does not say when it began.
  [[nodiscard]] double newest_unix() const;
  /// Returns the newest spans that ended in the last `seconds`, at most 20,000, in the order of the log.
  [[nodiscard]] std::vector<LiveSpan> spans(double seconds) const;
  /// Returns what held up the phases that ran in the window, the longest first. If that has fewer than 12 steps, more
  /// counts; at most the newest 60,000 events do. Takes some 10 ms.
  [[nodiscard]] std::vector<Verdict> recent_verdicts() const;
  /// Returns what held up the phases of the whole run, the longest first, once no more events are expected.
  [[nodiscard]] const std::vector<Verdict>& verdicts();
  /// Returns what the ranks of a training did in the window, or in its last 12 steps. Without ranks if the newest part of the run has no
  /// times of several ranks.
  [[nodiscard]] RanksActivity recent_ranks() const;
  /// Returns what they did in all parts that had as many ranks as the newest part with several ranks.
  [[nodiscard]] RanksActivity ranks() const;
  /// Returns some moments of a phase, at most 4096 and the newest, in the order of steps. Of a phase that runs several times, those of its
  /// first time.
  [[nodiscard]] std::vector<StepMoment> moments(const std::string& phase) const;
  /// Returns what the log says about the end of the run.
  [[nodiscard]] const LogEnd& log_end() const;
  /// Returns the newest messages of the run, at most 50, in their order.
  [[nodiscard]] const std::vector<LiveMessage>& messages() const;
  /// Returns true if somebody has paused the run, and it has not gone on or ended since.
  [[nodiscard]] bool is_paused() const;
  /// Returns what holds up the run if it said that nothing moves; empty if it moves.
  [[nodiscard]] const std::string& stall() const;
  /// Returns true if the log says that the run came to its end, finished or interrupted.
  [[nodiscard]] bool has_ended() const;
  [[nodiscard]] bool says_ends() const;  ///< The log is of a Leat that writes the end of a run into it.

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace leat
