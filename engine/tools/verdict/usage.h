#pragma once

#include <algorithm>
#include <cstdint>

namespace leat::verdict {

/// What a node's threads did at the moments when they were looked at.
struct Seen {
  std::int64_t computing = 0;  ///< They ran, or were ready to run.
  std::int64_t waiting = 0;
  std::int64_t on_disk = 0;

  [[nodiscard]] std::int64_t all() const { return computing + waiting + on_disk; }
};

/// Sums of a log's notes on the machine, in seconds.
struct Usage {
  double seconds = 0;           ///< That the notes cover; 0: the log has none.
  double core_seconds = 0;      ///< Of the cores that the run may use.
  double all_core_seconds = 0;  ///< Of the cores of the machine.
  double process = 0;           ///< CPU time of the process.
  double workers = 0;           ///< CPU time of the workers.
  double lane = 0;              ///< CPU time of the lane's thread.
  double workers_delayed = 0;   ///< Time in which workers were ready to run, but had no core.
  double lane_delayed = 0;
  double machine = 0;     ///< CPU time of all programs.
  double most_bytes = 0;  ///< Largest size of the values in flight at the ends of the notes.

  void add(const Usage& more) {
    for (const auto member : {&Usage::seconds, &Usage::core_seconds, &Usage::all_core_seconds, &Usage::process, &Usage::workers,
                              &Usage::lane, &Usage::workers_delayed, &Usage::lane_delayed, &Usage::machine})
      this->*member += more.*member;
    most_bytes = std::max(most_bytes, more.most_bytes);
  }
  /// Returns the same use of the machine for a time of this length.
  [[nodiscard]] Usage over(double length) const {
    Usage out = *this;
    const double part = seconds > 0 ? length / seconds : 0;
    for (const auto member : {&Usage::seconds, &Usage::core_seconds, &Usage::all_core_seconds, &Usage::process, &Usage::workers,
                              &Usage::lane, &Usage::workers_delayed, &Usage::lane_delayed, &Usage::machine})
      out.*member *= part;
    return out;
  }
  [[nodiscard]] double cores() const { return seconds > 0 ? core_seconds / seconds : 0; }
};

}  // namespace leat::verdict
