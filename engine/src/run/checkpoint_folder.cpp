#include "run/checkpoint_folder.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <system_error>

#include "base/durable_file.h"

namespace leat::run {

namespace fs = std::filesystem;

std::runtime_error unreadable(const fs::path& path, const std::string& why) {
  return std::runtime_error("cannot read the checkpoint " + path.string() + ": " + why);
}

namespace {

/// Returns false only if the path certainly does not exist. Throws std::runtime_error if that cannot be determined.
bool is_there(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return false;
  if (error) throw unreadable(path, error.message());
  return true;
}

}  // namespace

bool is_whole(const fs::path& folder) { return is_there(folder / "manifest.json"); }

bool is_damaged(const fs::path& folder) {
  for (int tries = 0; tries < most_tries; ++tries)
    if (is_whole(folder) || !is_there(folder)) return false;
  return true;
}

std::vector<fs::path> candidates(const fs::path& folder) {
  const fs::path parent = folder.parent_path();
  if (is_there(parent) && !fs::is_directory(parent)) throw unreadable(parent, "it is not a folder");
  std::vector<fs::path> found;
  for (const char* suffix : {"", ".new", ".old"})
    if (const fs::path one = folder.string() + suffix; is_whole(one)) found.push_back(one);
  return found;
}

fs::path begin_write(const fs::path& folder) {
  const fs::path written = folder.string() + ".new";
  discard(written);
  fs::create_directory(written);
  return written;
}

void exchange(const fs::path& written, const fs::path& folder) {
  if (!fs::exists(folder)) {
    fs::rename(written, folder);
    sync_folder(folder.parent_path());
    return;
  }
  fs::path old = written;
  if (::syscall(SYS_renameat2, AT_FDCWD, written.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) != 0) {
    // The file system cannot exchange folders. For a moment only the folder next to it exists; readers look there too.
    old = folder.string() + ".old";
    discard(old);
    fs::rename(folder, old);
    fs::rename(written, folder);
  }
  sync_folder(folder.parent_path());
  discard(old);
}

void discard(const fs::path& folder) {
  fs::remove(folder / "manifest.json");
  fs::remove_all(folder);
}

}  // namespace leat::run
