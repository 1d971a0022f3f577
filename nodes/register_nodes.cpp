#include "leat/register_nodes.h"

#include <opencv2/core.hpp>

#include "leat/plugin_file.h"

void leat_register_families(leat::Registry& registry);

namespace leat {
namespace {

// Where this library's section begins and ends, as the linker says it.
extern const char section_begin[] __asm__("__start_leat_plugin") __attribute__((visibility("hidden")));
extern const char section_end[] __asm__("__stop_leat_plugin") __attribute__((visibility("hidden")));

}  // namespace

void register_nodes(Registry& registry) {
  // The workers are the parallelism.
  cv::setNumThreads(1);
  leat_register_families(registry);
  for (const auto& [value, build] : read_plugin_section({section_begin, section_end}).values) registry.set_value_build(value, build);
}

}  // namespace leat

/// What the command asks for after it has loaded this library.
extern "C" void leat_nodes_enter(leat::Registry& registry) { leat::register_nodes(registry); }
