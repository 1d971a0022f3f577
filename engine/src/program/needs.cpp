#include "program/needs.h"

#include <charconv>

namespace leat::program {
namespace {

std::vector<int> numbers_of(std::string_view version) {
  std::vector<int> numbers;
  while (!version.empty()) {
    int& number = numbers.emplace_back(0);
    std::from_chars(version.data(), version.data() + version.size(), number);
    version.remove_prefix(std::min(version.find('.'), version.size() - 1) + 1);
  }
  while (!numbers.empty() && numbers.back() == 0) numbers.pop_back();
  return numbers;
}

const PluginFile* find_plugin(const Registry& registry, const std::string& id) {
  for (const PluginFile& plugin : registry.plugins())
    if (plugin.id == id) return &plugin;
  return nullptr;
}

std::string why_missing(const Registry& registry, const std::string& id) {
  for (const auto& [plugin, why] : registry.refused())
    if (plugin.id == id) return plugin.path.string() + ": " + why;
  return "name its file or folder with --plugin, or in LEAT_PLUGINS";
}

}  // namespace

std::vector<std::string> check_needs(const std::vector<NeedText>& needs, const Registry& registry, Diagnostics& diagnostics) {
  std::vector<std::string> missing;
  for (const NeedText& need : needs) {
    const PluginFile* plugin = find_plugin(registry, need.plugin);
    if (!plugin) missing.push_back(need.plugin);
    if (!plugin)
      diagnostics.error("needs.plugin", need.place, "the plugin `" + need.plugin + "` is not loaded", why_missing(registry, need.plugin));
    else if (numbers_of(plugin->version) < numbers_of(need.lowest_version))
      diagnostics.error("needs.plugin", need.place, "the plugin " + plugin->str() + " is older than " + need.lowest_version);
  }
  return missing;
}

}  // namespace leat::program
