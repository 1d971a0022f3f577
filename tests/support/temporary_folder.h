#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "support/text_file.h"

namespace leat {

/// A folder that is deleted with its contents when this object is destroyed.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    // mkdtemp(3) replaces these letters by a name of its own.
    const std::string to_be_named(6, 'X');
    std::string pattern = (std::filesystem::temp_directory_path() / ("leat-" + to_be_named)).string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }
  std::filesystem::path write(const std::string& name, const std::string& content) const {
    put(path_ / name, content);
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace leat
