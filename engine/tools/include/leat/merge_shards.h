#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace leat {

/// What a table of predictions has.
struct PredictionCounts {
  std::int64_t images = 0;
  std::int64_t predicted = 0;
  std::int64_t warned = 0;  ///< Of the predicted.

  /// Returns "990 of 1000 images are predicted, 10 have none, and their status says why, 3 of the predicted have a warning".
  [[nodiscard]] std::string words() const;
};

/// Counts the rows of a predictions.csv in a buffer of fixed size. Throws std::runtime_error.
[[nodiscard]] PredictionCounts count_predictions(const std::filesystem::path& table);

/// What `merge_shards` has joined.
struct MergedShards {
  int shards = 0;
  std::int64_t tars = 0;  ///< That the list is of; 0: it is of images.
  std::int64_t images = 0;
  std::int64_t linked = 0;  ///< Files beside the tables, such as masks.
  std::int64_t copied = 0;  ///< Of them, those on another file system, which have no link.
  std::vector<std::string> tables;
};

/// Joins the predictions of all shards of a list in a new folder: tables in the order of the list, and links to all other files of results.
/// `folders`: folders of shards, and folders that contain them. Changes no shard. Needs memory for a row, not for all. Throws Refusal, with
/// the shards, if shards are of other lists, weights or options; if one is missing, unfinished or there twice; if the rows of one are not
/// those of its images; and if two shards have a file of one name.
[[nodiscard]] MergedShards merge_shards(const std::vector<std::filesystem::path>& folders, const std::filesystem::path& out);

}  // namespace leat
