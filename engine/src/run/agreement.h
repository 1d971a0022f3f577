#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "leat/archive.h"
#include "leat/program.h"
#include "leat/ranks.h"
#include "leat/run.h"
#include "run/checkpoint.h"

namespace leat::run {

// What the ranks of a run tell each other outside of steps. Collective functions, as those of Ranks.

/// Throws std::runtime_error if a rank has another graph, seed, device or version of a library than rank 0, or does not see its folder.
void compare_begin(Ranks& ranks, const Program& program, const std::string& lane, const std::filesystem::path& folder);
/// Throws std::runtime_error if a rank read other files than rank 0.
void compare_records(Ranks& ranks, const Records& records);
/// Throws std::runtime_error if a resource of a rank, such as its weights, is no longer that of rank 0.
void compare_resources(Ranks& ranks, const std::map<std::string, Archive>& saved, std::int64_t steps);
/// Returns the sentences of all ranks; those of other ranks than the first begin with the rank.
[[nodiscard]] std::vector<std::string> sentences_of_ranks(Ranks& ranks, const std::vector<std::string>& own);
/// Rank 0 gives the metrics of a validation, or nullopt if it was interrupted; all get them.
[[nodiscard]] std::optional<Metrics> share_metrics(Ranks& ranks, const std::optional<Metrics>& metrics);

}  // namespace leat::run
