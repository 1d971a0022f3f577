#pragma once

#include <filesystem>
#include <vector>

namespace leat::bench {

struct LoopSettings {
  std::filesystem::path data;
  std::filesystem::path folder;  ///< For the files of the training.
  int size = 64;
  int batch = 10;
  int threads = 2;
  int prefetch = 4;
  int steps = 400;
};

struct LoopResult {
  std::vector<double> losses;  ///< By step.
  std::vector<double> wall;    ///< When each step was done.
};

/// Trains without the engine: some threads make whole batches, in order and at most `prefetch` ahead, and this one trains on them. At the
/// end it writes the weights and the optimizer's state.
[[nodiscard]] LoopResult loop_by_hand(const LoopSettings& settings);

}  // namespace leat::bench
