#include "server/file_watch.h"

#include <sys/stat.h>

#include <utility>

namespace leat::viewer {

std::vector<FileWatch::Mark> FileWatch::marks() const {
  std::vector<Mark> out;
  for (const std::filesystem::path& file : files_) {
    struct stat found {};
    Mark& mark = out.emplace_back();
    if (::stat(file.c_str(), &found) != 0) continue;
    const auto ns_of = [](const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; };
    mark = {found.st_ino, found.st_size, ns_of(found.st_mtim), ns_of(found.st_ctim)};
  }
  return out;
}

void FileWatch::follow(std::vector<std::filesystem::path> files) {
  if (files == files_) return;
  files_ = std::move(files);
  last_ = marks();
  seen_.clear();
}

bool FileWatch::has_changed() {
  std::vector<Mark> now = marks();
  const bool is_still = now == last_;
  last_ = std::move(now);
  if (!is_still || last_ == seen_) return false;
  seen_ = last_;
  return true;
}

}  // namespace leat::viewer
