#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace leat {

/// What a plugin's file says of itself.
struct PluginFile {
  std::filesystem::path path;
  std::string id;
  std::string version;
  std::string build;                          ///< LEAT_BUILD where it was compiled.
  std::vector<std::string> types;             ///< Ids of its nodes and resources, sorted.
  std::map<std::string, std::string> values;  ///< Value types whose headers it includes, and what each was compiled with.

  [[nodiscard]] std::string str() const;  ///< `hello 0.1.0 (plugins/hello.plugin)`
};

/// What a plugin's file says of itself, read without running anything of it; throws Refusal where the file is no plugin.
[[nodiscard]] PluginFile read_plugin(const std::filesystem::path& file);

/// The same of the section alone: lines, with zero bytes between its texts.
[[nodiscard]] PluginFile read_plugin_section(std::string_view section);

}  // namespace leat
