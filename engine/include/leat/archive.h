#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace leat {

/// Named blocks of numbers, as a safetensors file holds them: what resources and states save and load.
class Archive {
 public:
  struct Entry {
    std::string dtype;  ///< safetensors' names: `F32`, `F64`, `I64`, `U8`, …
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
  /// Texts of any bytes: one entry for these, and `NAME.lengths`.
  void put(const std::string& name, const std::vector<std::string>& texts);

  [[nodiscard]] bool has(const std::string& name) const { return entries_.contains(name); }
  /// The entry; throws std::runtime_error that names what is missing.
  [[nodiscard]] const Entry& entry(const std::string& name) const;
  [[nodiscard]] double number(const std::string& name) const;
  [[nodiscard]] std::int64_t whole(const std::string& name) const;
  [[nodiscard]] std::string text(const std::string& name) const;
  [[nodiscard]] std::vector<double> numbers(const std::string& name) const;
  [[nodiscard]] std::vector<float> floats(const std::string& name) const;
  [[nodiscard]] std::vector<std::int64_t> wholes(const std::string& name) const;
  /// What `put` was given. Without `NAME.lengths` a text a line, as earlier versions of Leat wrote them.
  [[nodiscard]] std::vector<std::string> texts(const std::string& name) const;

  [[nodiscard]] const std::map<std::string, Entry>& entries() const { return entries_; }
  /// Strings beside the entries (safetensors' `__metadata__`). What of them is not UTF-8 is replaced in the file.
  std::map<std::string, std::string> metadata;

  /// A hash of metadata and entries as a file has them: one that is written and read again gives the same.
  [[nodiscard]] std::uint64_t hash() const;
  /// Writes the file and syncs it; throws std::runtime_error with the path and the reason. Replaces nothing: the caller renames.
  void write(const std::filesystem::path& file) const;
  /// Reads a safetensors file; refuses one that is cut or whose header lies.
  [[nodiscard]] static Archive read(const std::filesystem::path& file);

 private:
  std::map<std::string, Entry> entries_;
};

}  // namespace leat
