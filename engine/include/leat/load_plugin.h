#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "leat/registry.h"

namespace leat {

/// Longest time for loading a plugin.
inline constexpr std::chrono::seconds most_loading{20};

/// Loads a plugin. Throws Refusal with the fault, both sides of it and the fix. A child process loads the plugin first, so a plugin that
/// crashes or hangs while it loads does not harm this process. Plugins are never unloaded. Call it before threads are started.
/// [setup]
void load_plugin(const std::filesystem::path& file, Registry& registry, std::chrono::seconds most = most_loading);

/// Loads plugins in the order of `places`: files, and folders, whose NAME.plugin files are sorted by name. A plugin that cannot be loaded
/// does not stop the others. Returns one sentence for each such plugin; the registry keeps it for graphs that need the plugin. [setup]
[[nodiscard]] std::vector<std::string> load_plugins(const std::vector<std::filesystem::path>& places, Registry& registry);

}  // namespace leat
