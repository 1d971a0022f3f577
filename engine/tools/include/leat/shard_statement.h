#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "leat/reads_shard.h"

namespace leat {

/// What the predictions in a shard's folder are of and were made with: the file shard.json. `leat predict --shard` writes it, and compares
/// it when it continues. `leat merge` compares those of all shards.
struct ShardStatement {
  ShardOf rows;
  std::string version;              ///< Of Leat.
  std::string weights;              ///< Hash of all weights.
  std::string options;              ///< Hash of the prediction graph without the place of the images and the number of the shard.
  std::string device;               ///< `cpu` or `cuda`.
  std::vector<std::string> tables;  ///< Tables of `write.csv`, relative to the folder.

  /// Returns nullopt if the folder has no shard.json. Throws Refusal if it cannot be read.
  [[nodiscard]] static std::optional<ShardStatement> read(const std::filesystem::path& folder);
  /// Writes shard.json, or a file of another name.
  void write(const std::filesystem::path& folder, const char* name = "shard.json") const;
};

/// Returns the folder of a shard below the folder of all shards: `shard-2-of-4`.
[[nodiscard]] std::filesystem::path shard_folder(const std::filesystem::path& all, ShardNumber number);

/// Returns why two statements cannot be of one set of predictions, as "another list of images (1,000 and 900)"; empty: they can. Does not
/// compare the numbers of the shards.
[[nodiscard]] std::string difference(const ShardStatement& one, const ShardStatement& other);

}  // namespace leat
