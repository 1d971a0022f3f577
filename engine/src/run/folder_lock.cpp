#include "run/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/durable_file.h"

namespace leat::run {

namespace {

namespace fs = std::filesystem;

/// Creates a folder and its parents, and syncs their names.
void make(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> missing;
  for (fs::path one = fs::absolute(folder); !fs::exists(one, error) && one.has_relative_path(); one = one.parent_path())
    missing.push_back(one);
  fs::create_directories(folder, error);
  if (error) throw std::runtime_error("cannot make the folder " + folder.string() + ": " + error.message());
  // A folder that can be written but not read cannot be synced.
  for (const fs::path& one : missing)
    if (::access(one.parent_path().c_str(), R_OK) == 0) sync_folder(one.parent_path());
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder) : folder_(folder) {
  make(folder);
  const std::string path = (folder / "lock").string();
  file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0) throw std::runtime_error("cannot write " + path + ": " + std::strerror(errno));
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    ::close(file_);
    throw std::runtime_error("another run is using " + folder.string());
  }
  if (struct ::stat found{}; ::stat(folder.c_str(), &found) == 0) {
    device_ = found.st_dev;
    inode_ = found.st_ino;
  }
}

void FolderLock::check_place() const {
  struct ::stat found {};
  if (::stat(folder_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_) return;
  const std::string was = "the folder of this run, " + fs::absolute(folder_).string() + ", was ";
  // The lock has moved with its folder.
  std::error_code error;
  const fs::path now = fs::read_symlink("/proc/self/fd/" + std::to_string(file_), error).parent_path();
  struct ::stat moved {};
  if (error || ::stat(now.c_str(), &moved) != 0 || moved.st_dev != device_ || moved.st_ino != inode_)
    throw std::runtime_error(was + "removed while the run worked");
  throw std::runtime_error(was + "moved to " + now.string() + " while the run worked; what it has written is there, and " +
                           "`leat run --resume` with that folder continues it");
}

FolderLock::~FolderLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace leat::run
