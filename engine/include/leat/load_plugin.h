#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "leat/registry.h"

namespace leat {

/// How long a plugin may take to load.
inline constexpr std::chrono::seconds most_loading{20};

/// Loads a plugin, or throws Refusal with what is wrong, both sides and the cure. What it would do to this process is tried in a child of
/// it first, so one that crashes or blocks while it loads takes nothing along. Plugins stay for as long as the process.
/// [setup] Before threads are started.
void load_plugin(const std::filesystem::path& file, Registry& registry, std::chrono::seconds most = most_loading);

/// Loads the plugins of these places in their order: files, and folders, of which all NAME.plugin by name. What cannot be loaded stops
/// nothing: the registry keeps why, for graphs that need it, and each is a sentence here. [setup] As load_plugin.
[[nodiscard]] std::vector<std::string> load_plugins(const std::vector<std::filesystem::path>& places, Registry& registry);

}  // namespace leat
