#pragma once

#include <set>
#include <string>
#include <string_view>

namespace leat {

/// What a message says, without who it says it of: two messages at one place that differ only in an instance of a template or in a phase
/// are one mistake, which stands in the template, or in the phase that others are like. Returns the text with `phase` for the names and
/// kinds of phases, and `node` for `instance/node`.
[[nodiscard]] std::string one_mistake(std::string_view text, const std::set<std::string, std::less<>>& phases);

}  // namespace leat
