#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace leat::viewer {

/// Tells when files change: saved in place, replaced by another file of the same name, made, removed, or made readable. It asks the file
/// system for their times and sizes, so it works on network file systems, which report no events.
class FileWatch {
 public:
  /// Follows these files from now on. A list that differs from the one before counts as a change, because a file can have changed before.
  void follow(std::vector<std::filesystem::path> files);
  /// Returns true if a file has changed since the last `true` or `follow`, and no longer changes: two looks have found it equal.
  [[nodiscard]] bool has_changed();

 private:
  struct Mark {
    std::uint64_t inode = 0;
    std::int64_t size = -1;
    std::int64_t changed_ns = 0;
    std::int64_t status_ns = 0;  ///< Of the last change of contents, owner or rights: a file that was unreadable can be read now.
    bool operator==(const Mark&) const = default;
  };
  [[nodiscard]] std::vector<Mark> marks() const;

  std::vector<std::filesystem::path> files_;
  std::vector<Mark> seen_, last_;
};

}  // namespace leat::viewer
