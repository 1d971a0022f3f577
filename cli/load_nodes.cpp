#include "load_nodes.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace leat::cli {

namespace {

namespace fs = std::filesystem;

/// Beside the command in a build or an install; else its name alone, for the dynamic loader to find.
fs::path nodes_library() {
  std::error_code ignored;
  const fs::path here = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const fs::path& folder : {here / "nodes", here.parent_path() / LEAT_LIBDIR})
    if (fs::exists(folder / LEAT_NODES_FILE, ignored)) return folder / LEAT_NODES_FILE;
  return LEAT_NODES_FILE;
}

/// Threads of a CPU lane wait for each other by spinning, for milliseconds each time if libgomp has its way. If another program needs a
/// core too, a training step then takes forty times as long; with short spins, three times. libgomp reads the variable when it is loaded.
void shorten_waits() {
  // About fifty microseconds: what a quiet machine waits between two operators. The user's own setting stays.
  if (!std::getenv("OMP_WAIT_POLICY")) ::setenv("GOMP_SPINCOUNT", "3000", 0);
}

}  // namespace

void load_nodes(Registry& registry) {
  shorten_waits();
  // Global, as if the command were linked with it: plugins and networks from files use LibTorch's and OpenCV's symbols.
  void* library = ::dlopen(nodes_library().c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (!library) throw std::runtime_error(std::string("cannot load Leat's own nodes: ") + ::dlerror());
  const auto enter = reinterpret_cast<void (*)(Registry&)>(::dlsym(library, "leat_nodes_enter"));
  if (!enter) throw std::runtime_error(std::string("cannot load Leat's own nodes: ") + ::dlerror());
  enter(registry);
}

}  // namespace leat::cli
