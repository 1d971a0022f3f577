#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "leat/archive.h"

namespace leat {

/// What the last checkpoint in a run's folder says of itself.
struct CheckpointSummary {
  std::string graph_hash;
  std::string device;
  std::uint64_t seed = 0;
  std::int64_t steps = 0;
  double seconds = 0;
  bool is_trained = false;
};
/// Reads no weights. Returns nullopt if the run has no checkpoint. Throws std::runtime_error if its manifest cannot be read.
[[nodiscard]] std::optional<CheckpointSummary> last_checkpoint(const std::filesystem::path& run_folder);

/// The resources that a run's checkpoint keeps, by name.
struct KeptWeights {
  std::map<std::string, Archive> resources;
  std::int64_t steps = 0;  ///< Training steps done.
  bool is_best = false;    ///< The best by validation; else the last.
};
/// The best weights that the last checkpoint knows of; the last ones if it knows of none, or `wants_last`. Returns nullopt if the run has
/// no checkpoint. Throws std::runtime_error if it has one that cannot be read.
[[nodiscard]] std::optional<KeptWeights> kept_weights(const std::filesystem::path& run_folder, bool wants_last = false);

}  // namespace leat
