#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace leat {

/// Named arrays of numbers in safetensors format. Resources and states are saved to an archive and loaded from one.
class Archive {
 public:
  struct Entry {
    std::string dtype;  ///< Element type by its name in safetensors: `F32`, `F64`, `I64`, `U8`, …
    std::vector<std::int64_t> shape;
    std::vector<std::byte> bytes;
  };

  void put(const std::string& name, Entry entry) { entries_[name] = std::move(entry); }
  void put(const std::string& name, double value);
  void put(const std::string& name, std::int64_t value);
  void put(const std::string& name, const std::string& text);
  void put(const std::string& name, std::span<const double> values);
  void put(const std::string& name, std::span<const float> values);
  void put(const std::string& name, std::span<const std::int64_t> values);
  /// Stores texts, which can have any bytes, as one entry, and their lengths in bytes as another, `NAME.lengths`.
  void put(const std::string& name, const std::vector<std::string>& texts);

  [[nodiscard]] bool has(const std::string& name) const { return entries_.contains(name); }
  /// Returns the entry. Throws std::runtime_error with the name if there is none.
  [[nodiscard]] const Entry& entry(const std::string& name) const;
  [[nodiscard]] double number(const std::string& name) const;
  [[nodiscard]] std::int64_t whole(const std::string& name) const;
  [[nodiscard]] std::string text(const std::string& name) const;
  [[nodiscard]] std::vector<double> numbers(const std::string& name) const;
  [[nodiscard]] std::vector<float> floats(const std::string& name) const;
  [[nodiscard]] std::vector<std::int64_t> wholes(const std::string& name) const;
  /// Returns the texts that `put` stored. Without `NAME.lengths`, as in archives of earlier versions of Leat, each line is one text.
  [[nodiscard]] std::vector<std::string> texts(const std::string& name) const;

  [[nodiscard]] const std::map<std::string, Entry>& entries() const { return entries_; }
  /// Strings in addition to the entries (safetensors' `__metadata__`). In the file, bytes that are not UTF-8 are replaced.
  std::map<std::string, std::string> metadata;

  /// Returns a hash of metadata and entries as they are in a file. Writing and reading the archive does not change it.
  [[nodiscard]] std::uint64_t hash() const;
  /// Writes the file, over any file of that name, and syncs it. Throws std::runtime_error with the path and the reason.
  void write(const std::filesystem::path& file) const;
  /// Reads a safetensors file. Throws std::runtime_error if the file is truncated or its header contradicts the data.
  [[nodiscard]] static Archive read(const std::filesystem::path& file);

 private:
  std::map<std::string, Entry> entries_;
};

}  // namespace leat
