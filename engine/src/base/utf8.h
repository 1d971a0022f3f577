#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace leat {

/// The bytes of the character that begins here; 0 where none of UTF-8 does.
[[nodiscard]] std::size_t character_length(std::string_view rest);

/// The text as UTF-8: a byte that is none becomes `\xE9`, and a `\` with such letters behind it `\x5C`. Texts that differ stay different,
/// which they do not where all such bytes are replaced by one character.
[[nodiscard]] std::string utf8_text(std::string_view text);

}  // namespace leat
