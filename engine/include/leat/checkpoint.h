#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "leat/archive.h"

namespace leat {

/// Facts about the last checkpoint in a run's folder.
struct CheckpointSummary {
  std::string graph_hash;
  std::string device;
  std::uint64_t seed = 0;
  std::int64_t steps = 0;
  double seconds = 0;
  bool is_trained = false;
  bool merges_passes = false;  ///< As in RunBegin.
  int ranks = 1;               ///< Of the last training steps.
};
/// Reads the manifest only. Returns nullopt if the run has no checkpoint. Throws std::runtime_error if the manifest cannot be read.
[[nodiscard]] std::optional<CheckpointSummary> last_checkpoint(const std::filesystem::path& run_folder);

/// Settings with which a run began or was last resumed. They are in its folder before the first checkpoint.
struct RunBegin {
  std::uint64_t seed = 0;
  std::string device;
  bool merges_passes = false;                 ///< `ProgramSettings::merges_passes`; false for runs of versions that could not.
  int ranks = 1;                              ///< Number of processes that computed the training.
  std::filesystem::file_time_type time = {};  ///< When the run began or was last resumed.
};
/// Returns nullopt if the folder does not have them, as of runs of earlier versions. Throws std::runtime_error if they cannot be read.
[[nodiscard]] std::optional<RunBegin> run_begin(const std::filesystem::path& run_folder);

/// The resources in a run's checkpoint, by name.
struct KeptWeights {
  std::map<std::string, Archive> resources;
  std::int64_t steps = 0;  ///< Training steps done.
  bool is_best = false;    ///< True: the best on validation. False: the last.
};
/// Returns the best weights that the last checkpoint names; if there is no such checkpoint, the best weights on disk. Returns the last
/// weights if there are no best ones, or if `wants_last` is set. Returns nullopt if the run has neither. Throws std::runtime_error if the
/// checkpoint cannot be read.
[[nodiscard]] std::optional<KeptWeights> kept_weights(const std::filesystem::path& run_folder, bool wants_last = false);

}  // namespace leat
