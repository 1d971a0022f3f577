#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace leat {

/// Returns the number of columns that a UTF-8 text takes in a terminal: two for a wide character, none for a combining one. A byte that is
/// not UTF-8 takes one. [any thread]
[[nodiscard]] std::size_t text_width(std::string_view text);

/// Returns the text with spaces after it, so that it takes at least `width` columns. [any thread]
[[nodiscard]] std::string padded(std::string text, std::size_t width);

}  // namespace leat
