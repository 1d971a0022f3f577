#pragma once

#include <span>
#include <string_view>

namespace leat::cli {

struct TemplateFile {
  std::string_view name;
  std::string_view text;
};

/// The files of plugins/hello, as they were when this was built.
[[nodiscard]] std::span<const TemplateFile> plugin_template();

}  // namespace leat::cli
