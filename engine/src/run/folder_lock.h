#pragma once

#include <cstdint>
#include <filesystem>

namespace leat::run {

/// Creates a run's folder and locks it while this object lives. Throws std::runtime_error if another run has locked it.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  /// Throws std::runtime_error if the folder is no longer at its path: somebody has moved or removed it. What is written to the path then
  /// would be elsewhere than what the run has written so far. [any thread]
  void check_place() const;

 private:
  std::filesystem::path folder_;
  int file_ = -1;
  std::uint64_t device_ = 0;  ///< Of the folder, with `inode_`.
  std::uint64_t inode_ = 0;
};

}  // namespace leat::run
