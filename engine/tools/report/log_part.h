#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string_view>
#include <vector>

#include "leat/activity.h"
#include "leat/log_header.h"
#include "record/event_log.h"
#include "report/held_time.h"
#include "report/stretch.h"

namespace leat::report {

/// The activity in sums. `phase` gives the names.
[[nodiscard]] PhaseActivity activity_of(const LogHeader::Phase& phase, const PhaseSums& sums);

/// A phase in one part of the run.
struct PartPhase {
  PhaseSums sums;
  std::map<std::uint32_t, Stretch> stretches;  ///< By occurrence; without those that are over.
  std::uint32_t newest = 0;                    ///< Latest occurrence that has begun.
  bool has_run = false;

  /// Returns the sums of what is settled, with the length and the steps of stretches that are not over.
  [[nodiscard]] PhaseSums settled() const;
};

/// The part of a log from one header to the next: a run, or the events that a resumed run appended. It has its own clock and its own nodes.
/// Time in which somebody had paused the run does not count.
class LogPart {
 public:
  explicit LogPart(const LogHeader& header);

  void add(const record::Event& event);
  /// Takes a note of the log, which can say that the run is paused, or goes on.
  void note(std::string_view text);
  /// Adds retired steps to the sums whose retirement was among the first `events` events.
  void fold_until(std::int64_t events);
  /// As `fold_until` for all events, and settles the time up to the last event. Later events still count, except in this time.
  void settle();
  /// Adds all steps. Must be the last call.
  void finish();
  [[nodiscard]] std::int64_t events() const { return read_; }  ///< Number of events added.
  [[nodiscard]] const std::vector<PartPhase>& phases() const { return phases_; }
  [[nodiscard]] const HeldTime& held() const { return held_; }

 private:
  struct Retirement {
    std::uint16_t phase;
    std::uint32_t occurrence;
    std::uint32_t step;
    std::int64_t at;
    std::int64_t read;  ///< Number of events added so far.
  };

  void take(const record::Event& event);
  Stretch& stretch_of(const record::Event& event);
  void fold(const Retirement& retired);

  HeldTime held_;
  std::vector<PartPhase> phases_;
  std::deque<Retirement> retired_;  ///< Retired steps that are not folded yet.
  std::int64_t read_ = 0;
};

}  // namespace leat::report
