#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "leat/reads_shard.h"
#include "leat/record_file.h"

namespace leat {

/// Compares the rows of a shard's table with what the shard has: the fingerprint of its images, or of each of its tars, as `io.tars`
/// counted them. Throws Refusal by `refuse`, which gets "has 3 rows, but …". [one thread]
class ShardRows {
 public:
  /// `all` gets what the fingerprint of the whole list is of: the ids of the images, or the names of the tars.
  ShardRows(const ShardOf& states, const std::filesystem::path& folder, IdsHash& all, std::function<void(const std::string&)> refuse);

  void add(const std::string& id);  ///< The next row.
  void end();                       ///< There is no further row.
  [[nodiscard]] std::int64_t rows() const { return rows_; }

 private:
  /// Reads the next row of the table of tars. Returns false if there is none.
  [[nodiscard]] bool next_tar();
  void end_tar();

  const ShardOf& states_;
  IdsHash& all_;
  std::function<void(const std::string&)> refuse_;
  IdsHash ids_;  ///< Of the images, or of the tars.
  std::int64_t rows_ = 0;

  std::optional<RecordFile> tars_;  ///< The table of tars; nullopt: the shard is of images.
  std::int64_t tars_read_ = 0;
  std::string tar_;  ///< The tar whose rows are read.
  std::int64_t samples_ = 0, rows_of_tar_ = 0;
  std::string ids_of_tar_;
  IdsHash ids_in_tar_;
};

}  // namespace leat
