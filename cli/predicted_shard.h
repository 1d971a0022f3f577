#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "leat/archive.h"
#include "leat/description.h"
#include "leat/program.h"
#include "leat/shard_statement.h"

namespace leat::cli {

/// Returns what the predictions of a shard are of and made with.
[[nodiscard]] ShardStatement statement_of(const std::string& device, const GraphDescription& graph,
                                          const std::map<std::string, Archive>& weights, const Program& program);

/// Throws Refusal if the folder has predictions of another shard, list or run. Returns true if those of this shard are finished.
[[nodiscard]] bool is_finished(const std::filesystem::path& folder, const ShardStatement& states);

/// Returns "shard 2 of 4: 25 of 100 images", or of a single shard of tars "100 tars".
[[nodiscard]] std::string shard_words(const ShardStatement& states);

}  // namespace leat::cli
