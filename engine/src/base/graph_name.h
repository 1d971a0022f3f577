#pragma once

#include <algorithm>
#include <string_view>

namespace leat {

/// Returns true if a graph can use this as the name of one thing: `in: {name: node.name}`.
[[nodiscard]] constexpr bool is_graph_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

/// The rule for names, for a hint or after a colon.
inline constexpr const char* graph_name_rule = "names are letters, digits, `_` and `-`";

}  // namespace leat
