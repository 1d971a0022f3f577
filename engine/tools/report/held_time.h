#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "record/event_log.h"

namespace leat::report {

/// Takes the time in which somebody had paused a run, and no body ran, out of the times of its events. Of one part of a log.
/// [one thread]
class HeldTime {
 public:
  /// Returns the event, with times without the pauses before it; nullopt if it is kept back. Threads write in rounds, so events after a
  /// pause can come before the note that says when it ended.
  [[nodiscard]] std::optional<record::Event> add(const record::Event& event);
  /// Takes a note of the log. Returns the events that were kept back, if it ends a pause.
  [[nodiscard]] std::vector<record::Event> note(std::string_view text);
  /// Returns the events that were kept back. No pause goes on.
  [[nodiscard]] std::vector<record::Event> finish();
  /// Returns a time without the pauses before it.
  [[nodiscard]] std::int64_t without(std::int64_t time) const;
  [[nodiscard]] bool is_paused() const { return paused_.has_value(); }

 private:
  /// An interval, in nanoseconds.
  struct Hold {
    std::int64_t begin;
    std::int64_t end;
  };
  /// Occurrence and step, in the order in which they are admitted.
  using Place = std::pair<std::uint32_t, std::uint32_t>;

  [[nodiscard]] bool is_after_pause(const record::Event& event) const;
  [[nodiscard]] record::Event moved(record::Event event) const;

  std::vector<Hold> holds_;                ///< One after another.
  std::optional<std::int64_t> paused_;     ///< When somebody paused the run, which has not gone on since.
  std::vector<record::Event> kept_;        ///< Of steps that were admitted after a pause whose end has not been read.
  std::map<std::uint16_t, Place> newest_;  ///< By phase: the step that was admitted last.
  std::int64_t last_end_ = 0;              ///< End of the latest body that was read before the pause.
  std::vector<Hold> after_;                ///< Bodies, and moments of retirement, after a pause whose end has not been read.
};

}  // namespace leat::report
