#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "leat/log_header.h"
#include "leat/verdict.h"
#include "logs/rank_notes.h"
#include "record/event_log.h"
#include "verdict/phase_record.h"

namespace leat::verdict {

/// Number of events to read after the retirement of a step before the step is counted, as in report/activity.h.
constexpr std::int64_t usual_lag = std::int64_t{1} << 18;

/// Returns true if a note of a log is one on the machine.
[[nodiscard]] bool is_usage(std::string_view note);

/// Takes the frames of a log, of the whole run or of a window, and gives the verdicts of its phases. A window needs the header too, and can
/// begin and end anywhere. Keeps the events of the steps in flight, `lag` more events, and a bounded number of recorded steps.
class LogVerdict {
 public:
  explicit LogVerdict(std::int64_t lag = usual_lag) : lag_(lag) {}

  /// After a resume with another graph, only the new part counts.
  void header(const LogHeader& header);
  void add(const record::Event& event);
  void note(std::string_view json);
  /// Intervals in which somebody had paused the run, since the last header. A window takes them from the whole log.
  [[nodiscard]] std::vector<Pauses::Hold> holds() const;
  void add_hold(Pauses::Hold hold);
  /// Returns true if the next note on the machine is of time in which somebody had paused the run. It does not count.
  [[nodiscard]] bool is_next_usage_held() const { return part_ && part_->is_usage_held; }
  /// Returns the number of workers since the last header; 0 if the log does not say.
  [[nodiscard]] int workers() const { return workers_; }
  [[nodiscard]] const RankNotes& ranks() const { return ranks_; }
  /// The functions above, for a reader of logs. It refers to this object.
  [[nodiscard]] record::LogReader reader();
  /// Returns the verdicts of the phases that ran, the longest first. `is_over`: whether the run is over, whatever its log says.
  /// After it, only a new header can follow.
  [[nodiscard]] std::vector<Verdict> finish(std::optional<bool> is_over = {});

 private:
  struct Retirement {
    std::uint16_t phase;
    std::uint32_t occurrence;
    std::uint32_t step;
    std::int64_t at;
    std::int64_t read;  ///< Number of events read so far.
  };
  /// The parts of a log have clocks of their own.
  struct Part {
    LogNames names;
    Pauses pauses;
    std::vector<std::unique_ptr<PhaseRecord>> phases;
    std::optional<std::int64_t> paused;  ///< When somebody paused the run, which has not gone on since.
    std::set<int> ran;                   ///< Phases with events since the last note on the machine.
    bool is_usage_held = false;          ///< A pause began after the last note on the machine, or has not ended.
    std::int64_t newest = 0;             ///< End of the latest body.
  };

  void end_part();
  void begin_part(const LogHeader& header);
  void add_usage(std::string_view note);
  void add_pause(std::string_view note);

  std::unique_ptr<Part> part_;
  std::vector<PhaseSums> sums_;  ///< Of the parts that have ended, by phase.
  LogNames names_;
  std::deque<Retirement> retired_;
  std::int64_t lag_;
  int workers_ = 0;
  std::int64_t read_ = 0;
  int last_phase_ = -1;
  bool is_over_ = false;  ///< The run has ended since the last header.
  RankNotes ranks_;
};

/// Adds the times of the ranks to the verdict of their phase.
void add_ranks(std::vector<Verdict>& verdicts, const RanksActivity& ranks);

}  // namespace leat::verdict
