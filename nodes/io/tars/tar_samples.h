#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/tars/keyed_entries.h"

namespace leat {

/// Which entries of a sample are its image, by their endings: what follows the first dot of the file name, in lower case.
struct ImageEndings {
  std::string image;                ///< Empty: that of any picture which is none of `others`.
  std::vector<std::string> others;  ///< Of pictures that are no images, such as masks.

  [[nodiscard]] bool is_image(const std::string& ending) const;
};

/// A sample of a tar, with its image.
struct TarSample {
  std::string key;
  std::vector<std::uint8_t> picture;  ///< The bytes of its only entry that is an image.
  std::string problem;                ///< Why there is no such entry; empty: there is one.
};

/// The samples of one tar, in their order. Keeps the keys of this tar. [one thread]
class TarSamples {
 public:
  TarSamples(ArchiveReader& reader, ImageEndings images) : reader_(reader), entries_(reader), images_(std::move(images)) {}

  /// Returns the next sample; nullopt at the end. Throws std::runtime_error, also if a key comes again after another one.
  [[nodiscard]] std::optional<TarSample> next();
  /// Returns how many entries before the end of the last sample belong to none: names without a key, and the metadata of WebDataset.
  [[nodiscard]] std::int64_t left_out() const { return entries_.left_out(); }

 private:
  /// The sample whose entries are being read.
  struct Group {
    TarSample sample;
    std::vector<std::string> endings;   ///< Of all entries.
    std::vector<std::string> pictures;  ///< Endings of the pictures.
  };

  void add(KeyedEntries::Keyed one);
  [[nodiscard]] TarSample finished(Group group) const;

  ArchiveReader& reader_;
  KeyedEntries entries_;
  const ImageEndings images_;
  std::optional<Group> group_;
};

}  // namespace leat
