#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "leat/program.h"
#include "leat/run.h"
#include "run/kept_results.h"

namespace leat::run {

/// A value on a wire inside a stretch whose last value is in the cache. Nobody reads it.
struct Known {};

/// What the file of a cache leaves free on its disk, because the run itself writes there. A checkpoint of 30 million weights with Adam's
/// two moments takes 360 MB; there are two of them while one is written, and the kept weights take another 120 MB.
inline constexpr std::int64_t disk_reserve = 1'000'000'000;

/// Returns a sentence if the disk of a folder, which need not exist yet, has no room for the file of a cache; else an empty string.
[[nodiscard]] std::string no_room_for_file(const ProgramCache& cache, const std::filesystem::path& folder);

/// A file of fixed size for values, written from its beginning. It has no name, so it vanishes with the process. [any thread]
class ValueFile {
 public:
  /// `reserve`: bytes that stay free on the disk. Throws std::runtime_error if the file cannot be made.
  ValueFile(const std::filesystem::path& folder, std::int64_t bytes, std::int64_t reserve);
  ValueFile(const ValueFile&) = delete;
  ValueFile& operator=(const ValueFile&) = delete;
  ~ValueFile();

  /// Returns true if the file has room for so many bytes.
  [[nodiscard]] bool has_room(std::int64_t bytes) const { return !has_failed_ && bytes <= most_bytes_ - bytes_; }
  /// Returns true if so many bytes would leave less than the reserve on the disk.
  [[nodiscard]] bool is_disk_low(std::int64_t bytes) const;
  /// Returns the place of the bytes; nullopt if they do not fit, would leave less than the reserve on the disk, or cannot be written.
  [[nodiscard]] std::optional<std::int64_t> append(std::span<const std::byte> bytes);
  [[nodiscard]] std::span<const std::byte> at(std::int64_t place, std::size_t bytes) const { return {mapped_ + place, bytes}; }
  [[nodiscard]] bool has_failed() const { return has_failed_; }  ///< The disk cannot be written.

 private:
  const std::int64_t most_bytes_;
  const std::int64_t reserve_;
  std::atomic<std::int64_t> bytes_{0};
  std::atomic<bool> has_failed_{false};
  int file_ = -1;
  std::byte* mapped_ = nullptr;
};

/// The values of stretches, kept until the end of the run. Values are not replaced: the samples of an epoch come in a random order, and
/// then a fixed set of values saves as much as any other. [any thread]
class ValueCache {
 public:
  /// A kept value, and what the nodes of its stretch noted about the sample.
  class Kept {
   public:
    [[nodiscard]] Value value() const;
    std::vector<std::pair<int, std::string>> notes;  ///< Pairs of position in the stretch and sentence.

   private:
    friend class ValueCache;
    Value held_;  ///< Null if it is in the file.
    const ValueFile* file_ = nullptr;
    const ValueType* type_ = nullptr;
    std::int64_t place_ = 0;
    std::size_t bytes_ = 0;
  };

  /// `warn` reports a file that could not be made or written. The file is in `folder`, or in the folder for temporary files if it is empty.
  ValueCache(const ProgramCache& settings, const std::filesystem::path& folder, std::function<void(const std::string&)> warn);

  /// Returns the name of the value that a stretch makes of a source's value.
  [[nodiscard]] static Fingerprint name_of(const Stretch& stretch, const Value& from);
  /// Returns null if there is none. Counts it.
  [[nodiscard]] std::shared_ptr<const Kept> find(const Fingerprint& name);
  void keep(const Fingerprint& name, const Value& value, std::vector<std::pair<int, std::string>> notes);

  [[nodiscard]] CacheUse use() const;

 private:
  [[nodiscard]] bool take_memory(std::int64_t bytes);
  [[nodiscard]] bool put_in_file(Kept& kept, const Value& value);

  const std::int64_t most_bytes_;
  const std::function<void(const std::string&)> warn_;
  std::unique_ptr<ValueFile> file_;
  std::atomic<std::int64_t> bytes_{0}, file_bytes_{0}, found_{0}, missed_{0}, left_out_{0};
  mutable std::shared_mutex lock_;
  std::map<Fingerprint, std::shared_ptr<const Kept>> kept_;  ///< Guarded by `lock_`.
};

}  // namespace leat::run

namespace leat {

template <>
struct ValueTraits<run::Known> {
  static constexpr std::string_view name = "known";
  static std::size_t bytes(const run::Known&) { return 0; }
  static std::uint64_t hash(const run::Known&) { return 0; }
  static std::string describe(const run::Known&) { return "not computed: the cache has what comes of it"; }
  static Contract contract(const run::Known&) { return {}; }
  static run::Known blank(const Contract&) { return {}; }
};

}  // namespace leat

namespace leat::run {

[[nodiscard]] inline bool is_known(const Value& value) { return value && &value.type() == &value_type<Known>(); }

}  // namespace leat::run
