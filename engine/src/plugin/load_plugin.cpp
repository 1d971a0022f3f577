#include "leat/load_plugin.h"

#include <dlfcn.h>

#include <algorithm>
#include <sstream>

#include "base/child_process.h"
#include "leat/plugin.h"
#include "leat/plugin_file.h"

namespace leat {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> split_build(const std::string& build) {
  std::vector<std::string> parts;
  std::istringstream in(build);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part.substr(part.find_first_not_of(' ')));
  return parts;
}

bool has(const std::vector<std::string>& parts, std::string_view part) {
  return std::find(parts.begin(), parts.end(), part) != parts.end();
}

/// Returns the fix for the first part of the build in which a plugin differs from this leat.
std::string cure(const std::string& theirs, const std::string& ours) {
  const std::vector<std::string> plugin = split_build(theirs), here = split_build(ours);
  if (plugin.empty() || plugin[0] != here[0]) return "build it again with this leat's headers, those that find_package(leat) names";
  if (plugin.size() < 2 || plugin[1] != here[1])
    return plugin.size() > 1 && plugin[1].starts_with("libstdc++") && here[1].starts_with("libstdc++")
               ? "build it with -D_GLIBCXX_USE_CXX11_ABI=" + here[1].substr(here[1].size() - 1)
               : "build it with the C++ library of this leat";
  if (has(plugin, "debug containers") != has(here, "debug containers"))
    return has(here, "debug containers") ? "build it with -D_GLIBCXX_DEBUG, as this leat is" : "build it without -D_GLIBCXX_DEBUG";
  for (const auto& [part, flag] : {std::pair("AddressSanitizer", "-fsanitize=address"), std::pair("ThreadSanitizer", "-fsanitize=thread")})
    if (has(plugin, part) != has(here, part)) return std::string("build it with") + (has(here, part) ? "" : "out") + " " + flag;
  return "build it again with this leat's headers";
}

void check_build(const PluginFile& plugin, const Registry& registry) {
  if (plugin.build != LEAT_BUILD)
    throw Refusal("it was built for " + (plugin.build.empty() ? "nothing that it names" : plugin.build) + ", but this is " + LEAT_BUILD +
                  ": " + cure(plugin.build, LEAT_BUILD));
  for (const auto& [value, build] : plugin.values) {
    const auto here = registry.value_builds().find(value);
    if (here != registry.value_builds().end() && here->second != build)
      throw Refusal("its values of type `" + value + "` were built with " + build + ", but those here with " + here->second +
                    ": build it with " + here->second);
  }
}

void load_here(const PluginFile& plugin, Registry& registry) {
  // RTLD_NOW finds missing functions here; RTLD_LOCAL keeps the symbols of plugins apart.
  void* library = ::dlopen(fs::absolute(plugin.path).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) throw Refusal(::dlerror());
  const auto enter = reinterpret_cast<void (*)(Registry&)>(::dlsym(library, "leat_plugin_enter"));
  if (!enter) throw Refusal("it has no function `leat_plugin_enter`; `leat_add_plugin` writes it");
  Registry staged;
  enter(staged);
  registry.adopt(std::move(staged), plugin);
}

/// Throws Refusal if loading the plugin fails, crashes or hangs in a child process.
void try_in_child(const PluginFile& plugin, Registry& registry, std::chrono::seconds most) {
  const ChildWork trial = in_child(
      [&] {
        load_here(plugin, registry);
        return std::string();
      },
      most);
  if (!trial.thrown.empty()) throw Refusal(trial.thrown);
  if (!trial.failure.empty())
    throw Refusal("it " + trial.failure + " while it loads" + (trial.last_words.empty() ? "" : ", after it said: " + trial.last_words));
}

void load(const PluginFile& plugin, Registry& registry, std::chrono::seconds most) {
  check_build(plugin, registry);
  try_in_child(plugin, registry, most);
  load_here(plugin, registry);
}

std::vector<fs::path> files_of(const fs::path& place) {
  if (!fs::is_directory(place)) return {place};
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(place))
    if (entry.path().extension() == ".plugin") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::string not_loaded(const PluginFile& plugin, const std::string& why) { return "the plugin " + plugin.str() + " is not loaded: " + why; }

}  // namespace

void load_plugin(const fs::path& file, Registry& registry, std::chrono::seconds most) {
  const PluginFile plugin = read_plugin(file);
  try {
    load(plugin, registry, most);
  } catch (const Refusal& refusal) {
    throw Refusal(not_loaded(plugin, refusal.what()));
  }
}

std::vector<std::string> load_plugins(const std::vector<fs::path>& places, Registry& registry) {
  std::vector<std::string> sentences;
  const auto refuse = [&](PluginFile plugin, const std::string& why) {
    sentences.push_back(plugin.id.empty() ? why : not_loaded(plugin, why));
    registry.refuse(std::move(plugin), why);
  };
  for (const fs::path& place : places) {
    std::vector<fs::path> files;
    try {
      files = files_of(place);
    } catch (const fs::filesystem_error& error) {
      refuse({.path = place}, "the folder of plugins `" + place.string() + "` cannot be read: " + error.code().message());
    }
    for (const fs::path& file : files) {
      PluginFile plugin{.path = file};
      try {
        plugin = read_plugin(file);
        load(plugin, registry, most_loading);
      } catch (const Refusal& refusal) {
        refuse(std::move(plugin), refusal.what());
      }
    }
  }
  return sentences;
}

}  // namespace leat
