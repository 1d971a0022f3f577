#pragma once

#include <set>
#include <string>
#include <string_view>

#include "leat/diagnostics.h"

namespace leat {

/// Returns the text of a message without names that differ between copies: `phase` for the names and kinds of phases, and `node` for
/// `instance/node`. Two messages at one place whose results are equal are one mistake: it is in a template, or in a phase that others are
/// like.
[[nodiscard]] std::string one_mistake(std::string_view text, const std::set<std::string, std::less<>>& phases);

/// Appends mistakes that are not reported yet: one for each place, id and `one_mistake`.
void append_new(const Diagnostics& found, const std::set<std::string, std::less<>>& phases, Diagnostics& diagnostics);

}  // namespace leat
