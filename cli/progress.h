#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "leat/run.h"

namespace leat::cli {

/// `6:49`
[[nodiscard]] std::string clock_words(double seconds);
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

/// Shows how a run goes on: one line that is rewritten on a terminal, a line every few seconds elsewhere. On stderr. [any thread]
class ProgressLine final : public Observer {
 public:
  static constexpr Hears hears = Hears::Steps | Hears::Messages;
  void step_retired(const Progress& progress) override;
  void message(const std::string& sentence) override;

 private:
  using Clock = std::chrono::steady_clock;
  [[nodiscard]] std::string text(const Progress& progress, double seconds) const;

  std::mutex lock_;
  StatusLine line_;
  std::string phase_;
  std::int64_t first_step_ = 0;
  std::int64_t images_ = 0;
  Clock::time_point begin_;
  Clock::time_point last_;
};

}  // namespace leat::cli
