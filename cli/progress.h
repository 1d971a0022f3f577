#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "leat/run.h"

namespace leat::cli {

/// `6:49`
[[nodiscard]] std::string clock_words(double seconds);
/// The line, without what stands behind so many characters.
[[nodiscard]] std::string cut_to(const std::string& line, int columns);
/// `━━━━━───────────────  ` of a terminal.
[[nodiscard]] std::string bar(std::int64_t done, std::int64_t all);

/// Lines on stderr, the last of which is rewritten where stderr is a terminal.
class StatusLine {
 public:
  StatusLine();
  ~StatusLine();
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  [[nodiscard]] bool is_terminal() const { return is_terminal_; }
  void show(const std::string& line);         ///< Until the next one.
  void message(const std::string& sentence);  ///< It stays.
  void clear();

 private:
  bool is_terminal_;
  bool is_shown_ = false;
};

/// How fast a phase goes on: its images a second over the last seconds, and when it will end. Knows neither before it has seen two steps
/// end, half a second apart or more.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;

  /// After a step.
  void add(const Progress& progress, Clock::time_point now);
  [[nodiscard]] std::optional<double> images_per_second() const;
  [[nodiscard]] std::optional<double> seconds_left() const;

 private:
  struct Moment {
    Clock::time_point time;
    std::int64_t images = 0;  ///< Since the first moment.
    std::int64_t step = 0;
  };

  std::string phase_;
  std::int64_t steps_ = 0;  ///< Of the whole phase.
  Moment first_;
  std::deque<Moment> moments_;  ///< Of the last seconds, the newest last.
};

/// `train  120/1000  532 images/s  loss 0.412  1:03 left`. What is not known is left out.
[[nodiscard]] std::string progress_text(const Progress& progress, const Pace& pace, bool with_bar);

/// Shows how a run goes on: one line that is rewritten on a terminal, a line every few seconds elsewhere. On stderr. [any thread]
class ProgressLine final : public Observer {
 public:
  static constexpr Hears hears = Hears::Steps | Hears::Messages;
  void step_retired(const Progress& progress) override;
  void message(const std::string& sentence) override;

 private:
  std::mutex lock_;
  StatusLine line_;
  Pace pace_;
  std::string phase_;
  Pace::Clock::time_point last_;
};

}  // namespace leat::cli
