#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat {

/// Endings of the entries that a sample has for its image, its class and its masks: what follows the first dot of the file name, in lower
/// case.
struct SampleEndings {
  std::string image;  ///< Empty: that of any picture which is none of the others.
  std::string label;
  std::vector<std::string> masks;
};

/// The bytes of an entry in a tar that is not compressed.
struct TarEntry {
  std::int64_t place = 0;   ///< Of the first byte; 0: the sample has no such entry.
  std::uint32_t count = 0;  ///< Of bytes.
};

/// Where the samples of one tar are, in their order, without samples that have no image. It takes 24 bytes for a sample, 12 for each of its
/// masks, and the key. Invariant: it does not change. [any thread]
class TarIndex {
 public:
  TarIndex() = default;
  /// Reads the headers of all entries, and the entries of classes. Throws Refusal for a tar that is compressed or no plain file, and
  /// std::runtime_error for the faults of KeyedEntries and for samples with two images, or two entries of one ending. [any thread]
  [[nodiscard]] static TarIndex read(const std::filesystem::path& file, const SampleEndings& endings);

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(ends_.size()); }
  /// Returns the tar's size in bytes, and all keys one after another. A copy of the tar has the same.
  [[nodiscard]] std::pair<std::int64_t, std::string_view> size_and_keys() const { return {file_bytes_, keys_}; }
  [[nodiscard]] std::string_view key(std::int64_t sample) const;
  [[nodiscard]] TarEntry image(std::int64_t sample) const { return entry(sample, 0); }
  [[nodiscard]] TarEntry mask(std::int64_t sample, std::size_t which) const { return entry(sample, which + 1); }
  /// Reads the bytes of an entry. `what` names it in messages: "the image of `a`". Throws std::runtime_error with the tar, also if its size
  /// or time has changed since `read`.
  [[nodiscard]] std::vector<std::uint8_t> bytes_of(const TarEntry& entry, const std::string& what) const;
  /// Returns the index in `texts` of what the entry of its class says; -1: it has none.
  [[nodiscard]] int text(std::int64_t sample) const { return text_of_[static_cast<std::size_t>(sample)]; }
  [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }  ///< Each once, without blanks around it.

  [[nodiscard]] std::int64_t without_image() const { return without_image_; }  ///< Samples.
  /// Returns the first of them and its endings: "`a` has only json".
  [[nodiscard]] const std::string& first_without_image() const { return first_without_image_; }
  [[nodiscard]] std::int64_t left_out() const { return left_out_; }  ///< As of KeyedEntries.

 private:
  class Reading;

  [[nodiscard]] TarEntry entry(std::int64_t sample, std::size_t which) const {
    const std::size_t at = static_cast<std::size_t>(sample) * per_sample_ + which;
    return {places_[at], byte_counts_[at]};
  }

  std::filesystem::path file_;
  std::int64_t file_bytes_ = 0;
  std::int64_t file_time_ns_ = 0;
  std::string keys_;
  std::vector<std::size_t> ends_;  ///< Of each key in `keys_`.
  std::size_t per_sample_ = 1;     ///< The image and the masks.
  std::vector<std::int64_t> places_;
  std::vector<std::uint32_t> byte_counts_;
  std::vector<std::int32_t> text_of_;
  std::vector<std::string> texts_;
  std::int64_t without_image_ = 0;
  std::string first_without_image_;
  std::int64_t left_out_ = 0;
};

}  // namespace leat
