#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "leat/reads_shard.h"

namespace leat {

/// The images of one shard of a list or folder. Of a list it keeps 20 bytes per image of the shard, and reads rows from the file when
/// they are asked for. Of a folder it keeps the names.
class InputList {
 public:
  struct Row {
    std::string id;  ///< As `SplitEntry::id`.
    std::filesystem::path file;
  };

  InputList() = default;
  /// Reads a folder, a list (.csv, .tsv or .txt) or one picture. Opens no picture. Throws Refusal at `path`: also if an image is listed
  /// twice, and if there are fewer images than shards.
  InputList(const std::filesystem::path& path, const std::vector<std::string>& left_out, ShardNumber number);
  InputList(const InputList&) = delete;
  InputList(InputList&&) = delete;
  InputList& operator=(const InputList&) = delete;
  InputList& operator=(InputList&&) = delete;
  ~InputList();

  [[nodiscard]] const ShardOf& shard() const { return shard_; }
  [[nodiscard]] std::int64_t most_bytes() const { return most_bytes_; }  ///< Of a file.
  [[nodiscard]] const std::string& warning() const { return warning_; }  ///< On files that are not read; can be empty.
  /// Returns an image of the shard. Throws std::runtime_error if the list has changed since. [any thread]
  [[nodiscard]] Row row(std::int64_t which) const;

 private:
  void read_list(const std::filesystem::path& list);
  void read_header();
  void read_rows(ShardNumber number);
  [[nodiscard]] bool is_surely_row(const std::string& record) const;
  template <class Take>
  void each_record(const Take& take) const;
  void refuse_twice(std::vector<std::uint64_t> hashes) const;
  void take_names(std::vector<std::string> names, ShardNumber number);
  void set_shard(ShardNumber number, std::int64_t images);
  void look_at_files();
  [[nodiscard]] Row row_in(const std::string& record) const;  ///< Returns a row without an id for an empty record.
  [[nodiscard]] std::string quoted_list() const { return "`" + list_.filename().string() + "`"; }

  std::filesystem::path folder_;  ///< Start of the paths.
  std::filesystem::path list_;    ///< Empty: there is none.
  char separator_ = 0;            ///< 0: a file per line.
  std::size_t column_ = 0, columns_ = 1;
  int file_ = -1;                       ///< Of the list, open for reading.
  std::vector<std::int64_t> begins_;    ///< Positions of the shard's records.
  std::vector<std::uint32_t> lengths_;  ///< Of the shard's records, in bytes.
  std::vector<std::uint64_t> hashes_;   ///< Of the shard's ids.
  std::vector<std::string> names_;      ///< Of a folder: the ids.
  ShardOf shard_;
  std::int64_t most_bytes_ = 0;
  std::string warning_;
};

}  // namespace leat
