#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "leat/log_end.h"
#include "leat/rank_activity.h"

namespace leat {

/// What holds up a phase.
enum class Limit {
  Unknown,    ///< Too few steps, or no cause stands out.
  Device,     ///< The device lane computes all the time.
  Workers,    ///< All workers are busy, and no node stands out.
  Node,       ///< One node or a few: they take most of the workers' time, or they are the longest part of each step.
  Ordered,    ///< A node that runs one task at a time, because it has a state.
  Prefetch,   ///< Too few steps are in flight.
  Memory,     ///< `plan.memory` limits the steps in flight.
  Disk,       ///< A node waits for a disk.
  Phase,      ///< Another phase: the training waits for its validation.
  Metrics,    ///< Finished steps wait until their metrics are read.
  Threads,    ///< More threads of the run want to compute than there are cores.
  Elsewhere,  ///< Other programs use the cores.
};
[[nodiscard]] const char* name(Limit limit);

/// A change of the run, and what it would bring: computed by replaying recorded steps.
struct Gain {
  enum class Change { Worker, Credit, Faster };
  Change change = Change::Worker;
  std::string node;  ///< For `Faster`: the node that would take half its time.
  int to = 0;        ///< Workers, or steps in flight.
  double speed = 1;  ///< Steps in a second, divided by those of now.
  double waits = 0;  ///< The part of its time that the device lane would wait; of a phase without device lane: 0.
  std::string sentence;
};

/// What holds up a phase of a run, in words.
struct Verdict {
  std::string phase;
  Limit limit = Limit::Unknown;
  std::string sentence;
  std::vector<std::string> details;  ///< Further sentences, such as what a change would bring.
  std::vector<std::string> nodes;    ///< Nodes that the sentence blames; empty: none.
  std::vector<Gain> gains;           ///< The largest first.
  double seconds = 0;                ///< Length of the phase, without the time in which somebody had paused the run.
  double waits = 0;                  ///< The part of its time that the device lane waits; of a phase without one: 0.
  double workers_busy = 0;           ///< The part of the workers' time in which bodies ran.
  /// The part of the machine's cores that other programs used; nullopt: the log does not say.
  std::optional<double> others;
  /// The times of the ranks that shared the phase. All else is of rank 0, which wrote the log.
  RanksActivity ranks;
};

/// The verdicts of a log.
struct LogVerdicts {
  std::vector<Verdict> phases;  ///< That ran, the longest first.
  bool is_whole = true;         ///< False if the end of the log cannot be read, because it is cut or damaged.
  int workers = 0;              ///< Of the last part of the run; 0 if the log does not say.
  LogEnd end;
};

/// Returns the verdict's sentence as one that names its phase.
[[nodiscard]] std::string sentence_with_phase(const Verdict& verdict);

/// `is_over`: whether a process works on the run, whatever its log says: a process that resumes a run has not written to it yet. Throws
/// std::runtime_error if the file is not an event log.
[[nodiscard]] LogVerdicts verdicts(const std::filesystem::path& events_log, std::optional<bool> is_over = {});
[[nodiscard]] std::string verdicts_json(const std::vector<Verdict>& verdicts);

}  // namespace leat
