#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "leat/archive.h"

namespace leat {

/// Differences between the recorded files and those of today, by their names.
struct FileChanges {
  std::vector<std::string> added;
  std::vector<std::string> gone;
  std::vector<std::string> replaced;  ///< Files with another size or other contents, or with another time and unreadable contents.

  [[nodiscard]] bool has_any() const { return !added.empty() || !gone.empty() || !replaced.empty(); }
  /// Returns "2 pictures are new (`a.png`, `b.png`), 1 is gone (`c.png`)", with the first names; an empty string if nothing changed.
  [[nodiscard]] std::string words(const std::string& what) const;
};

/// Returns the first three names: "`a.png`, `b.png`, `c.png`, …".
[[nodiscard]] std::string first_names(const std::vector<std::string>& names);

/// Fingerprints of files under names that do not depend on their folder. With them a resource detects that its files are no longer those
/// that the run began with (`Resource::record`). A file of another size is different. A file of equal size and time is the same. If only
/// the time differs, as in a copy, a hash of the contents decides. It covers whole files if all of them together have at most
/// `whole_bytes`. Otherwise it covers one block at the beginning, in the middle and at the end of each file. [setup]
class FileMarks {
 public:
  static constexpr std::int64_t whole_bytes = std::int64_t{256} << 20;

  /// Adds a file without reading it. Throws std::logic_error if the name is taken.
  void add(std::string name, std::filesystem::path file);
  [[nodiscard]] std::size_t size() const { return files_.size(); }
  [[nodiscard]] const std::string& name(std::size_t which) const { return files_[which].name; }
  /// Returns the index of the file with this name, in the order of `add`; -1 if there is none.
  [[nodiscard]] std::int64_t find(const std::string& name) const;
  /// Reads sizes, times and contents of all files.
  void look();
  /// Reads sizes and times of all files, and contents only of files that differ in them. Returns the differences from `earlier`.
  [[nodiscard]] FileChanges look_since(const FileMarks& earlier);
  /// Returns the marks of the files with these indices, in this order.
  [[nodiscard]] FileMarks chosen(std::span<const std::size_t> places) const;

  /// Writes entries whose names begin with `name`. Call `look` or `look_since` first.
  void save(Archive& archive, const std::string& name) const;
  /// Reads the entries that `save` wrote. Throws std::runtime_error if the archive does not have them.
  [[nodiscard]] static FileMarks load(const Archive& archive, const std::string& name);

 private:
  struct File {
    std::string name;
    std::filesystem::path path;
    std::int64_t bytes = -1;  ///< -1 if there is no regular file.
    std::int64_t time_ns = 0;
    std::uint64_t contents = 0;  ///< Hash; 0 if the contents cannot be read.
  };

  void look_at_sizes();
  void hash_contents(std::span<const std::size_t> places);

  std::vector<File> files_;
  std::unordered_map<std::string, std::size_t> places_;
  bool is_whole_ = true;  ///< The hashes cover whole files.
};

}  // namespace leat
