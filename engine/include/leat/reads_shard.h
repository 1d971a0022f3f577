#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace leat {

/// One of several equal parts of a list of images: part `shard` of `shards`, counted from 1.
struct ShardNumber {
  int shard = 1;
  int shards = 1;

  /// Returns the number in a text such as `2/4`. Throws Refusal at `shard` for other texts, and for a number outside 1 to the number of
  /// shards.
  [[nodiscard]] static ShardNumber read(std::string_view text);
  [[nodiscard]] std::string text() const { return std::to_string(shard) + "/" + std::to_string(shards); }
  [[nodiscard]] std::string words() const { return std::to_string(shard) + " of " + std::to_string(shards); }

  /// Returns the position of the shard's first image among `images`, from 0. Shards are contiguous. The first `images` mod `shards` of them
  /// have one image more.
  [[nodiscard]] std::int64_t first_of(std::int64_t images) const;
  [[nodiscard]] std::int64_t count_of(std::int64_t images) const;
};

/// Fingerprint of a sequence of ids, in their order.
class IdsHash {
 public:
  IdsHash() = default;
  explicit IdsHash(std::uint64_t value) : value_(value) {}

  void add(std::string_view id) { add_hash(hash_of(id)); }
  void add_hash(std::uint64_t hash_of_id);
  [[nodiscard]] std::uint64_t value() const { return value_; }
  [[nodiscard]] static std::uint64_t hash_of(std::string_view id);

 private:
  std::uint64_t value_ = 0;
};

/// What a source reads of a list of images, or of tars.
struct ShardOf {
  ShardNumber number;
  bool is_of_tars = false;  ///< All below is of tars, whose numbers of images are not known before they are read.
  std::int64_t images = 0;  ///< Of the shard.
  std::int64_t of = 0;      ///< Of the whole list.
  std::uint64_t ids = 0;    ///< Fingerprint of the shard's ids.
  std::uint64_t list = 0;   ///< Fingerprint of all ids.
  std::uint64_t files = 0;  ///< Fingerprint of the sizes and times of the shard's files.
};

/// A source that reads a shard of a list. The source derives from this class next to Source.
class ReadsShard {
 public:
  virtual ~ReadsShard() = default;
  [[nodiscard]] virtual ShardOf shard_of() const = 0;  ///< After `survey`.
};

}  // namespace leat
