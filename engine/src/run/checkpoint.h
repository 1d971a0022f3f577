#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "leat/archive.h"
#include "leat/run.h"

namespace leat::run {

/// Where the plan is: all that a resumed run needs beside resources and states.
struct PlanPlace {
  std::int64_t steps = 0;         ///< Training steps done.
  bool is_trained = false;        ///< Training is through; `then` follows.
  std::int64_t validated_at = 0;  ///< Steps done at the last validation; 0: none yet.
  std::int64_t validations = 0;
  double best = 0;
  std::int64_t best_step = -1;
  std::int64_t waited = 0;                ///< Validations since the best one.
  std::int64_t then_done = 0;             ///< Phases of `then` that are through.
  std::map<std::string, Metrics> phases;  ///< What finished phases measured.
  double seconds = 0;
};

/// What stands in checkpoints/last or checkpoints/best.
struct Checkpoint {
  std::string graph_hash;
  std::string device;
  std::uint64_t seed = 0;
  PlanPlace place;
  std::map<std::string, std::int64_t> files;  ///< Lengths of what the run appends to, below its folder.
  std::map<std::string, Archive> resources;
  Archive states;
};

/// Writes the folder beside, syncs it, and exchanges it with `folder`. At every moment one whole checkpoint can be found.
void write_checkpoint(const std::filesystem::path& folder, const Checkpoint& checkpoint);
/// The newest whole one of `folder` and what an interrupted write left beside it; absent: none. Throws on one that cannot be read.
[[nodiscard]] std::optional<Checkpoint> read_checkpoint(const std::filesystem::path& folder);

}  // namespace leat::run
