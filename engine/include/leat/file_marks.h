#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "leat/archive.h"

namespace leat {

/// What became of files since they were recorded, by their names.
struct FileChanges {
  std::vector<std::string> added;
  std::vector<std::string> gone;
  std::vector<std::string> replaced;  ///< Another size, or other contents.

  [[nodiscard]] bool has_any() const { return !added.empty() || !gone.empty() || !replaced.empty(); }
  /// "2 pictures are new (`a.png`, `b.png`), 1 is gone (`c.png`)": numbers and the first names; empty where nothing changed.
  [[nodiscard]] std::string words(const std::string& what) const;
};

/// "`a.png`, `b.png`, `c.png`, …"
[[nodiscard]] std::string first_names(const std::vector<std::string>& names);

/// Fingerprints of files under names that do not say where they lie, so that a resource can tell whether they are those that a run began
/// with (`Resource::record`). A file of another size is another one, a file of equal size and time the same one. Where only the time
/// differs, as in a copy, a hash of contents decides: of the whole files where all take at most `whole_bytes` together, else of a block at
/// the beginning, in the middle and at the end of each. [setup]
class FileMarks {
 public:
  static constexpr std::int64_t whole_bytes = std::int64_t{256} << 20;

  /// Names are unique. Nothing is read yet.
  void add(std::string name, std::filesystem::path file);
  [[nodiscard]] std::size_t size() const { return files_.size(); }
  [[nodiscard]] const std::string& name(std::size_t which) const { return files_[which].name; }
  /// Its place in the order in which they were added; -1: none has this name.
  [[nodiscard]] std::int64_t find(const std::string& name) const;
  /// Looks at all files: sizes, times and contents.
  void look();
  /// The same, but reads contents only where size and time do not tell. Returns what is different from `earlier`.
  [[nodiscard]] FileChanges look_since(const FileMarks& earlier);
  /// Those of these places, in this order.
  [[nodiscard]] FileMarks chosen(std::span<const std::size_t> places) const;

  /// Writes entries whose names begin with `name`. `look` or `look_since` comes before.
  void save(Archive& archive, const std::string& name) const;
  /// Throws std::runtime_error where the archive has no such entries.
  [[nodiscard]] static FileMarks load(const Archive& archive, const std::string& name);

 private:
  struct File {
    std::string name;
    std::filesystem::path path;
    std::int64_t bytes = -1;  ///< -1: it cannot be seen.
    std::int64_t time_ns = 0;
    std::uint64_t contents = 0;  ///< 0: they cannot be read.
  };

  void look_at_sizes();
  void hash_contents(std::span<const std::size_t> places);

  std::vector<File> files_;
  std::unordered_map<std::string, std::size_t> places_;
  bool is_whole_ = true;  ///< Hashes are of whole files.
};

}  // namespace leat
