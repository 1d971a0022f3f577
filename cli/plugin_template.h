#pragma once

#include <span>
#include <string_view>

namespace leat::cli {

struct TemplateFile {
  std::string_view name;
  std::string_view text;
};

/// Returns the files of plugins/hello as of the build.
[[nodiscard]] std::span<const TemplateFile> plugin_template();

}  // namespace leat::cli
