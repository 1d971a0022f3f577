#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace leat {

/// Returns the length in bytes of the first character; 0 if it is not UTF-8.
[[nodiscard]] std::size_t character_length(std::string_view rest);

/// Returns the text as UTF-8: a byte that is not UTF-8 becomes `\xE9`, and the `\` of a text that looks like that becomes `\x5C`.
/// Invariant: different texts stay different. With one replacement character for all such bytes they would not.
[[nodiscard]] std::string utf8_text(std::string_view text);

}  // namespace leat
