#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace leat {

/// A plugin's description of itself, in its file.
struct PluginFile {
  std::filesystem::path path;
  std::string id;
  std::string version;
  std::string build;                          ///< LEAT_BUILD at compile time.
  std::vector<std::string> types;             ///< Ids of its nodes and resources, sorted.
  std::map<std::string, std::string> values;  ///< Value types whose headers it includes, and the build of each.

  [[nodiscard]] std::string str() const;  ///< `hello 0.1.0 (plugins/hello.plugin)`
};

/// Returns the description in a plugin's file, without running any of its code. Throws Refusal if the file is not a plugin.
[[nodiscard]] PluginFile read_plugin(const std::filesystem::path& file);

/// Returns the description in a section `leat_plugin`: lines, with zero bytes between its texts. `path` stays empty.
[[nodiscard]] PluginFile read_plugin_section(std::string_view section);

}  // namespace leat
