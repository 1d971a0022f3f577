#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "io/tars/archive_reader.h"

namespace leat {

/// The entries of one tar that belong to samples, in their order. As in WebDataset, entries that follow each other and have one key are a
/// sample. The key is the path of an entry up to the first dot of its file name. Keeps the keys of the tar. [one thread]
class KeyedEntries {
 public:
  struct Keyed {
    ArchiveReader::Entry entry;
    std::string key;
    std::string ending;   ///< What follows the dot.
    bool begins = false;  ///< It is the first of its sample.
  };

  explicit KeyedEntries(ArchiveReader& entries) : entries_(entries) {}

  /// Returns the next one; nullopt at the end. Throws std::runtime_error, also if a key comes again after another one.
  [[nodiscard]] std::optional<Keyed> next();
  /// Returns how many entries so far belong to no sample: names without a key, and the metadata of WebDataset.
  [[nodiscard]] std::int64_t left_out() const { return left_out_; }

 private:
  ArchiveReader& entries_;
  std::string key_;                                     ///< Of the last one.
  std::unordered_map<std::string, std::int64_t> seen_;  ///< Number of the first entry, from 1, by key.
  std::int64_t count_ = 0;                              ///< Of all entries.
  std::int64_t left_out_ = 0;
};

/// Returns why an ending seems to be a part of the key: `2.840.png`; empty: it does not.
[[nodiscard]] std::string dotted_name(const std::string& ending);

/// Returns the endings of a sample as a message has them, with the first of many.
[[nodiscard]] std::string some_endings(std::vector<std::string> endings);

}  // namespace leat
