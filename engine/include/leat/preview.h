#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "leat/archive.h"
#include "leat/executor.h"
#include "leat/kept_calls.h"
#include "leat/lane.h"
#include "leat/sample.h"
#include "leat/upstream.h"
#include "leat/value.h"

namespace leat {

struct PreviewSettings {
  std::int64_t step = 0;
  int slots = 0;                           ///< Number of first slots to compute, if the scope is by slot; 0: all.
  std::map<std::string, Archive> weights;  ///< Weights to load, indexed by resource.
  KeptCalls* kept = nullptr;               ///< Results of earlier previews. It gets those of this one; null: none.
  /// Returns true if nobody wants the values any more. It is called before each call of a node. [parallel]
  std::function<bool()> is_given_up = {};
};

/// Values of one output in one step.
struct PreviewedOutput {
  OutputName name;
  Contract contract;
  std::map<int, Value> values;  ///< Indexed by slot; -1: of the whole step. Without those of dropped samples.
  std::vector<Sample> samples;  ///< Indexed by slot, or by row of the whole step.
  /// Weights of the rows of a value for the whole step: 0 if the sample was dropped. Empty: no rows, or all weights are 1.
  std::vector<float> weights;
};

struct Preview {
  std::vector<PreviewedOutput> outputs;  ///< In the order in which they were asked for.
  std::vector<std::string> warnings;
};

/// Values of one step of a run in progress.
struct CapturedStep {
  std::int64_t step = 0;
  std::vector<PreviewedOutput> outputs;  ///< In the order in which they were asked for.
};

/// Computes outputs for which `keep_upstream` reduced the Program, in one step, without a run's folder. If the scope has any step, the
/// values have the bits that a run with this seed has at (phase, step, slot). Otherwise they are those of a first step, or of `weights`.
/// Throws Refusal if the phase has no such step or the preview is given up, and NodeError as a run does. [setup]
[[nodiscard]] Preview preview(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor,
                              const std::vector<OutputName>& outputs, const PreviewSettings& settings);

}  // namespace leat
