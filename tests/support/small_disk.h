#pragma once

#include <sys/mount.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

namespace leat::test {

/// A file system of a few kilobytes in memory, mounted on a folder. Needs CAP_SYS_ADMIN; without it, `why_not` returns the reason.
class SmallDisk {
 public:
  SmallDisk(std::filesystem::path folder, int kilobytes) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    if (::mount("tmpfs", folder_.c_str(), "tmpfs", 0, size(kilobytes).c_str()) != 0) why_not_ = std::strerror(errno);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (why_not_.empty()) ::umount2(folder_.c_str(), MNT_DETACH);
  }

  [[nodiscard]] const std::string& why_not() const { return why_not_; }
  [[nodiscard]] const std::filesystem::path& path() const { return folder_; }

  /// Fills the disk except for `kilobytes`.
  void fill_but(int kilobytes) const {
    const auto free = static_cast<std::int64_t>(std::filesystem::space(folder_).available) - kilobytes * std::int64_t{1024};
    std::ofstream(folder_ / "ballast", std::ios::binary) << std::string(static_cast<std::size_t>(std::max<std::int64_t>(0, free)), '.');
  }
  void grow(int kilobytes) const { ::mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT, size(kilobytes).c_str()); }
  void forbid_writing() const { ::mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr); }

 private:
  static std::string size(int kilobytes) { return "size=" + std::to_string(kilobytes) + "k"; }

  std::filesystem::path folder_;
  std::string why_not_;
};

}  // namespace leat::test
