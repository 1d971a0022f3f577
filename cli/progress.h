#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "leat/run.h"

namespace leat::cli {

/// Shows how a run goes on: one line that is rewritten on a terminal, a line every few seconds elsewhere. On stderr. [any thread]
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();

  void show(const Progress& progress);
  void message(const std::string& sentence);

 private:
  using Clock = std::chrono::steady_clock;
  [[nodiscard]] std::string text(const Progress& progress, double seconds) const;
  void clear();

  std::mutex lock_;
  bool is_terminal_;
  bool is_shown_ = false;
  std::string phase_;
  std::int64_t first_step_ = 0;
  std::int64_t images_ = 0;
  Clock::time_point begin_;
  Clock::time_point last_;
};

}  // namespace leat::cli
