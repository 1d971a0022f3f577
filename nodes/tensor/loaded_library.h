#pragma once

#include <string>

namespace leat {

/// A library that the process loads when it needs it, and keeps.
class LoadedLibrary {
 public:
  /// `path`: a file, or a name that the loader looks for. Throws std::runtime_error if it cannot be loaded.
  explicit LoadedLibrary(const std::string& path);

  /// Sets `to` to a function of the library. Throws std::runtime_error if it has none of this name.
  template <class Function>
  void find(const char* name, Function*& to) const {
    to = reinterpret_cast<Function*>(address_of(name));
  }

 private:
  [[nodiscard]] void* address_of(const char* name) const;

  std::string path_;
  void* library_;
};

}  // namespace leat
