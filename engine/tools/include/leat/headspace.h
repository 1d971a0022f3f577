#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "leat/executor.h"
#include "leat/lane.h"
#include "leat/program.h"

namespace leat {

/// How to make what a run needs. Each function is called once per run.
struct RunMakers {
  std::function<Program(int turn)> program;  ///< Each turn draws other samples, because the files of an earlier one are in memory.
  std::function<std::unique_ptr<Lane>()> lane;
  std::function<std::unique_ptr<Executor>()> executor;
};

struct HeadspaceSettings {
  int turns = 3;                                     ///< Of each kind, in turn.
  double seconds = 5;                                ///< Length of a turn after its first steps.
  std::int64_t replayed_steps = 8;                   ///< Fewer are replayed if their values do not fit into `most_bytes`.
  std::int64_t most_bytes = std::int64_t{2} << 30;   ///< Bytes for the values of replayed steps.
  std::function<void(const std::string&)> say = {};  ///< Takes a sentence before each turn; can be empty.
};

/// How much faster the first phase of a plan would be if its data cost nothing.
struct Headspace {
  std::string phase;
  std::vector<double> plain;       ///< Seconds of a step in each turn, with the graph as it is.
  std::vector<double> replayed;    ///< The same, while the results of some steps are given again.
  std::vector<std::string> nodes;  ///< The nodes that are replayed: all on the `cpu` lane that bring values to the device lane.
  std::int64_t replayed_steps = 0;
  std::int64_t steps = 0;      ///< Number of steps that were measured, of both kinds.
  double speed = 1;            ///< Median over the turns of a plain step's time, divided by a replayed step's.
  double least = 1, most = 1;  ///< The smallest and largest of these.
  std::string sentence;
  std::vector<std::string> details;
};

/// Throws what `measure_headspace` throws before it runs anything.
void check_headspace(const RunMakers& makers, const HeadspaceSettings& settings = {});
/// Measures it: runs the phase as it is, and with replayed steps, in turn. Each run writes into a scratch folder, which is removed. Throws
/// Refusal if the phase has no device lane, ends before enough steps are measured, or if its results cannot be replayed; and the errors of
/// Run.
[[nodiscard]] Headspace measure_headspace(const RunMakers& makers, const HeadspaceSettings& settings = {});
/// Returns what the times of the turns say. Needs `phase`, `plain`, `replayed`, `speed`, `least` and `most`.
[[nodiscard]] std::string headspace_sentence(const Headspace& measured);
[[nodiscard]] std::string headspace_json(const Headspace& headspace);

}  // namespace leat
