#pragma once

#include <set>
#include <string>
#include <string_view>

namespace leat {

/// Returns the text of a message without names that differ between copies: `phase` for the names and kinds of phases, and `node` for
/// `instance/node`. Two messages at one place whose results are equal are one mistake: it is in a template, or in a phase that others are
/// like.
[[nodiscard]] std::string one_mistake(std::string_view text, const std::set<std::string, std::less<>>& phases);

}  // namespace leat
