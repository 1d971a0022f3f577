#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace leat::conformance {

/// A folder for the runs of a child process. It goes with this object.
class ChildFolder {
 public:
  ChildFolder() : path_(std::filesystem::temp_directory_path() / ("leat-check-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ChildFolder(const ChildFolder&) = delete;
  ChildFolder& operator=(const ChildFolder&) = delete;
  ~ChildFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace leat::conformance
