#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "io/tars/archive_reader.h"

namespace leat {

/// One sample of a tar, as WebDataset groups entries: those that follow each other and have one key. The key is the path of an entry up to
/// the first dot of its file name.
struct TarSample {
  std::string key;
  std::vector<std::uint8_t> picture;  ///< The bytes of its only entry that has the ending of a picture.
  std::string problem;                ///< Why there is no such entry; empty: there is one.
};

/// The samples of one tar, in their order. Keeps the keys of this tar. [one thread]
class TarSamples {
 public:
  explicit TarSamples(ArchiveReader& entries) : entries_(entries) {}

  /// Returns the next sample; nullopt at the end. Throws std::runtime_error, also if a key comes again after another one.
  [[nodiscard]] std::optional<TarSample> next();
  /// Returns how many entries before the end of the last sample belong to none: names without a key, and the metadata of WebDataset.
  [[nodiscard]] std::int64_t left_out() const { return left_out_; }

 private:
  /// The sample whose entries are being read.
  struct Group {
    TarSample sample;
    std::vector<std::string> endings;   ///< Of all entries.
    std::vector<std::string> pictures;  ///< Endings of the pictures.
  };

  void begin(const std::string& key, const std::string& name);
  void add(const ArchiveReader::Entry& entry);
  [[nodiscard]] static TarSample finished(Group group);

  ArchiveReader& entries_;
  std::optional<Group> group_;
  std::unordered_map<std::string, std::int64_t> seen_;  ///< Number of the first entry, from 1, by key.
  std::int64_t count_ = 0;                              ///< Of entries.
  std::int64_t left_out_ = 0;
};

}  // namespace leat
