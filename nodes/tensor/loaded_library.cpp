#include "tensor/loaded_library.h"

#include <dlfcn.h>

#include <stdexcept>

namespace leat {

LoadedLibrary::LoadedLibrary(const std::string& path) : path_(path), library_(::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
  if (!library_) throw std::runtime_error(::dlerror());
}

void* LoadedLibrary::address_of(const char* name) const {
  void* out = ::dlsym(library_, name);
  if (!out) throw std::runtime_error(path_ + " has no function `" + name + "`");
  return out;
}

}  // namespace leat
