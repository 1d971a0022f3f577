#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "record/event_log.h"
#include "verdict/phase_names.h"
#include "verdict/usage.h"

namespace leat::verdict {

/// The bodies of one step, with how long each ran. For the replay.
struct RecordedStep {
  struct Task {
    int node = 0;
    int slot = -1;
    double seconds = 0;
  };
  std::vector<Task> tasks;  ///< By node and slot.
};

/// Sums over a phase. Times are in nanoseconds. The sink of a phase is its device lane, or, without one, the retirement of its steps. While
/// the sink waits, the time is counted for what the sink waits for: the critical path of the step, backwards from its last input.
struct PhaseSums {
  struct Node {
    std::int64_t calls = 0;
    std::int64_t busy = 0;
    std::int64_t waited_for = 0;  ///< The sink waited while a body ran.
    std::int64_t queued = 0;      ///< The sink waited while a task was ready and had no worker.
    std::int64_t turn = 0;        ///< The sink waited while a task waited for its turn in a node that runs one at a time.
    Seen seen;
  };
  std::vector<Node> nodes;
  std::int64_t length = 0;  ///< Of all occurrences, without holds and the time in which another phase had the device.
  std::int64_t steps = 0;
  std::int64_t occurrences = 0;
  std::int64_t device_busy = 0;
  std::int64_t wait = 0;                  ///< The sink waited.
  std::int64_t late = 0;                  ///< Part of it: the step was admitted late, because steps before it had all credits.
  std::int64_t metrics = 0;               ///< Part of it: a finished step was not retired yet.
  std::int64_t handover = 0;              ///< Part of it: between two parts of the path.
  std::map<int, std::int64_t> of_phases;  ///< Time in which other phases had the device, by phase.
  int in_flight = 0;                      ///< Most steps in flight at once.
  std::set<std::uint32_t> threads;        ///< Threads that ran nodes of the `cpu` lane.
  std::vector<RecordedStep> recorded;     ///< Some of the steps, evenly spread.
  Usage usage;
  Usage around;  ///< Sums of the notes on the machine in whose time the phase ran, also those that count for another phase.

  /// Returns true if the phase has too few notes of its own, because other phases ran most of the time of each.
  [[nodiscard]] bool borrows_usage() const {
    return usage.seconds < 0.5 * static_cast<double>(length) * 1e-9 && around.seconds > usage.seconds;
  }
};

/// Intervals that do not count for a phase: somebody has paused the run, or, for the training, another phase had the device.
class Pauses {
 public:
  struct Hold {
    std::int64_t begin;
    std::int64_t end;
  };
  /// Another phase than the training ran a body.
  void add(int phase, std::uint32_t occurrence, std::int64_t begin, std::int64_t end);
  /// Somebody has paused the run, and no body ran any more.
  void add_hold(Hold hold) { holds_.push_back(hold); }
  [[nodiscard]] const std::vector<Hold>& holds() const { return holds_; }

  /// Returns the length of the holds within [begin, end).
  [[nodiscard]] std::int64_t held(std::int64_t begin, std::int64_t end) const {
    std::int64_t sum = 0;
    for (const Hold& one : holds_) sum += std::max<std::int64_t>(0, std::min(end, one.end) - std::max(begin, one.begin));
    return sum;
  }
  /// Calls `take(phase, length)` for each part of [begin, end) in which another phase had the device and no hold was. Returns the sum of
  /// the lengths.
  template <class Take>
  std::int64_t within(std::int64_t begin, std::int64_t end, Take take) const {
    std::int64_t sum = 0;
    for (auto one = pauses_.rbegin(); one != pauses_.rend() && one->end > begin; ++one) {
      const std::int64_t first = std::max(begin, one->begin), last = std::min(end, one->end);
      if (last <= first) continue;
      const std::int64_t length = last - first - held(first, last);
      take(one->phase, length);
      sum += length;
    }
    return sum;
  }

 private:
  struct Pause {
    int phase;
    std::uint32_t occurrence;
    std::int64_t begin;
    std::int64_t end;
  };
  std::vector<Pause> pauses_;  ///< One after another.
  std::vector<Hold> holds_;
};

/// Computes the sums of one phase from the events of a log, of the whole run or of a window. Keeps the steps in flight and a bounded number
/// of recorded steps.
class PhaseRecord {
 public:
  PhaseRecord(const PhaseNames& names, const Pauses& pauses) : names_(&names), pauses_(&pauses) { sums_.nodes.resize(names.nodes.size()); }

  void add(const record::Event& event);
  /// Adds a step to the sums. Steps of an occurrence must come in order.
  void fold(std::uint32_t occurrence, std::uint32_t step, std::int64_t retired_at);
  /// Adds what is left.
  void finish();
  [[nodiscard]] const PhaseSums& sums() const { return sums_; }
  [[nodiscard]] PhaseSums& sums() { return sums_; }

 private:
  struct Task {
    int node = 0;
    int slot = -1;
    std::int64_t ready = 0;
    std::int64_t begin = 0;
    std::int64_t end = 0;
  };
  struct Step {
    std::int64_t number = 0;
    std::optional<std::int64_t> admitted;
    std::optional<std::int64_t> retired;
    std::vector<Task> tasks;
  };
  /// One occurrence of the phase.
  struct Passage {
    std::map<std::uint32_t, Step> steps;  ///< Not folded yet.
    std::deque<Step> recent;              ///< Folded; as many as there are credits.
    std::int64_t begin = std::numeric_limits<std::int64_t>::max();
    std::int64_t end = std::numeric_limits<std::int64_t>::min();
    std::optional<std::int64_t> sink_end;  ///< When the sink was done with the step before.
  };
  /// The interval in which the sink waited, of which parts are taken from its end.
  class Wait;

  void fold(Passage& passage, Step step);
  void trace(const Passage& passage, const Step& step, const Task* waiting, std::int64_t from, std::int64_t to);
  [[nodiscard]] static std::pair<std::vector<Task>::const_iterator, std::vector<Task>::const_iterator> of(const Step& step, int node);
  [[nodiscard]] const Task* last_input(const Step& step, const Task& task) const;
  [[nodiscard]] static const Task* last_end(const Step& step);
  void keep(const Step& step);
  void finish(Passage& passage);

  const PhaseNames* names_;
  const Pauses* pauses_;
  PhaseSums sums_;
  std::map<std::uint32_t, Passage> passages_;  ///< Those that are not over.
  std::uint32_t first_open_ = 0;               ///< Events of earlier occurrences come too late.
  std::int64_t kept_tasks_ = 0;
  std::int64_t stride_ = 1;  ///< Every so many steps are recorded.
  std::int64_t since_kept_ = 0;
};

}  // namespace leat::verdict
