#pragma once

#include <filesystem>

namespace leat::run {

/// Creates a run's folder and locks it while this object lives. Throws std::runtime_error if another run has locked it.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_ = -1;
};

}  // namespace leat::run
