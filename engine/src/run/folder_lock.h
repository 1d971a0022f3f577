#pragma once

#include <filesystem>

namespace leat::run {

/// Creates a run's folder and locks it while this object lives: a second run in one folder is refused.
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
