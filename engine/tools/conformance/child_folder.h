#pragma once

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

namespace leat::conformance {

/// A new folder for the runs of a child process. The destructor removes it.
class ChildFolder {
 public:
  ChildFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "leat-check-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("cannot make the folder " + name + ": " + std::strerror(errno));
    path_ = name;
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
