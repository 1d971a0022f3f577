#include "load_nodes.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "leat/diagnostics.h"

namespace leat::cli {

namespace {

namespace fs = std::filesystem;

/// Returns the library's path next to the command in a build or an installation; otherwise only its name, for the dynamic loader.
fs::path nodes_library() {
  std::error_code ignored;
  const fs::path here = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const fs::path& folder : {here / "nodes", here.parent_path() / LEAT_LIBDIR})
    if (fs::exists(folder / LEAT_NODES_FILE, ignored)) return folder / LEAT_NODES_FILE;
  return LEAT_NODES_FILE;
}

/// Shortens libgomp's spinning. The threads of a CPU lane wait for each other by spinning, by default for milliseconds each time. If
/// another program needs a core, a training step takes forty times as long; with short spins, three times. libgomp reads the variable when
/// it is loaded.
void shorten_waits() {
  // About 50 microseconds, the usual wait between two operators on an idle machine. A setting of the user takes precedence.
  if (!std::getenv("OMP_WAIT_POLICY")) ::setenv("GOMP_SPINCOUNT", "3000", 0);
}

/// Returns a function of the library, or nullptr if it has no such function.
void* function_of_nodes(const char* name) {
  shorten_waits();
  // Warnings of LibTorch's store are about host names without an address, which do no harm. A setting of the user takes precedence.
  ::setenv("TORCH_CPP_LOG_LEVEL", "ERROR", 0);
  // RTLD_GLOBAL, as if the command were linked with it, because plugins and networks from files use LibTorch's and OpenCV's symbols.
  void* library = ::dlopen(nodes_library().c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (!library) throw std::runtime_error(std::string("cannot load Leat's own nodes: ") + ::dlerror());
  return ::dlsym(library, name);
}

}  // namespace

void load_nodes(Registry& registry) {
  const auto enter = reinterpret_cast<void (*)(Registry&)>(function_of_nodes("leat_nodes_enter"));
  if (!enter) throw std::runtime_error(std::string("cannot load Leat's own nodes: ") + ::dlerror());
  enter(registry);
}

void check_ranks_are_built() {
  if (!LEAT_RANKS)
    throw Refusal(
        "this leat cannot run on several ranks, because LibTorch or Gloo's headers were missing when it was built: install the package "
        "libgloo-dev, and build leat with LibTorch again");
}

JoinRanks* load_join_ranks() {
  check_ranks_are_built();
  const auto join = reinterpret_cast<JoinRanks*>(function_of_nodes("leat_nodes_join_ranks"));
  if (!join) throw std::runtime_error(std::string("cannot load Leat's own nodes: ") + ::dlerror());
  return join;
}

void load_trial_nodes(Registry& registry) {
  void* library = ::dlopen(nodes_library().c_str(), RTLD_NOW | RTLD_NOLOAD);
  if (!library) return;
  // A library without LibTorch has none.
  if (const auto enter = reinterpret_cast<void (*)(Registry&)>(::dlsym(library, "leat_nodes_enter_trials"))) enter(registry);
  ::dlclose(library);
}

}  // namespace leat::cli
