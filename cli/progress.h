#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "leat/run.h"

namespace leat::cli {

/// Returns a duration as `6:49` or `1:06:49`.
[[nodiscard]] std::string clock_words(double seconds);
/// Returns the first `columns` characters of a line.
[[nodiscard]] std::string cut_to(const std::string& line, int columns);
/// Returns a progress bar: `━━━━━───────────────  `.
[[nodiscard]] std::string bar(std::int64_t done, std::int64_t all);

/// Lines on stderr. If stderr is a terminal, the last line is rewritten.
class StatusLine {
 public:
  StatusLine();
  ~StatusLine();
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  [[nodiscard]] bool is_terminal() const { return is_terminal_; }
  void show(const std::string& line);         ///< Shows a line until the next one.
  void message(const std::string& sentence);  ///< Prints a line that stays.
  void clear();

 private:
  bool is_terminal_;
  bool is_shown_ = false;
};

/// The speed of a phase: images per second over the last seconds, and the time left. Both are unknown until two steps at least half a
/// second apart have ended.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;

  /// Adds a finished step.
  void add(const Progress& progress, Clock::time_point now);
  /// Leaves out the time since the last step, in which the run was paused.
  void leave_out_pause(Clock::time_point now);
  [[nodiscard]] std::optional<double> images_per_second() const;
  [[nodiscard]] std::optional<double> seconds_left() const;

 private:
  struct Moment {
    Clock::time_point time;
    std::int64_t images = 0;  ///< Number of images since the first moment.
    std::int64_t step = 0;
  };

  std::string phase_;
  std::int64_t steps_ = 0;  ///< Steps of the whole phase.
  Moment first_;
  std::deque<Moment> moments_;  ///< Moments of the last seconds, the newest last.
};

/// Returns `train  120/1000  532 images/s  1:03 left  total.loss 0.412`, without unknown parts.
[[nodiscard]] std::string progress_text(const Progress& progress, const Pace& pace, bool with_bar);

/// Shows the progress of a run on stderr: one line that is rewritten on a terminal, otherwise a line every few seconds. [any thread]
class ProgressLine final : public Observer {
 public:
  static constexpr Hears hears = Hears::Steps | Hears::Messages;
  void step_retired(const Progress& progress) override;
  void message(const std::string& sentence) override;
  /// Asks this run whether it is paused. Before it begins; it lives as long as it reports here.
  void watch(const Run& run) { run_ = &run; }

 private:
  std::mutex lock_;
  const Run* run_ = nullptr;
  bool was_paused_ = false;
  StatusLine line_;
  Pace pace_;
  std::string phase_;
  Pace::Clock::time_point last_;
};

}  // namespace leat::cli
