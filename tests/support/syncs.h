#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>

namespace leat::test {

/// Called with the path of each file and folder that this process syncs, before the sync. [one thread]
inline std::function<void(const std::filesystem::path&)> syncing;

}  // namespace leat::test

/// Replaces the C library's fsync. Only one file of an executable can include this header.
extern "C" int fsync(int file) {
  std::error_code ignored;
  if (leat::test::syncing) leat::test::syncing(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file), ignored));
  return static_cast<int>(::syscall(SYS_fsync, file));
}
