#include "description/needs.h"

namespace leat {
namespace {

/// Returns `1.20` for `>=1.20`; an empty string for other texts.
std::string lowest_version(std::string_view text) {
  if (!text.starts_with(">=")) return {};
  text.remove_prefix(2);
  const bool is_version = !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos && text.front() != '.' &&
                          text.back() != '.' && text.find("..") == std::string_view::npos;
  return is_version ? std::string(text) : std::string();
}

}  // namespace

std::vector<NeedText> read_needs(const Tree& tree, Reading& reading) {
  std::vector<NeedText> needs;
  Section section(tree, "`needs`", tree.place, {"plugins"}, reading);
  const Tree* plugins = section.map("plugins");
  if (!plugins) return needs;
  for (const Tree::Entry& entry : plugins->entries) {
    const std::string version = entry.value.is_scalar() ? lowest_version(entry.value.scalar) : "";
    if (version.empty())
      refuse_value(reading, entry.value, "the version of the plugin `" + entry.key + "`", "a lowest version like `\">=0.1\"`");
    else needs.push_back({entry.key, version, entry.key_place});
  }
  return needs;
}

}  // namespace leat
