#pragma once

#include <string>
#include <string_view>

namespace leat {

/// Returns the text without white space around it. White space is that of ASCII and of Unicode, such as the non-breaking space, and
/// characters without a width.
[[nodiscard]] std::string trimmed(std::string_view text);

/// Returns a form that is equal for texts that look the same: in canonical decomposition (NFD), with one blank for each run of white space
/// inside, and trimmed. Bytes that are not UTF-8 are kept.
[[nodiscard]] std::string plain_spelling(std::string_view text);

/// Returns a form that is equal for names that people write for the same thing, such as a patient: as `plain_spelling`, with A to Z in
/// lower case, without leading zeros of numbers, and without blanks, `-` and `_`. Between two digits these are one blank. `12.0` is `12`.
[[nodiscard]] std::string loose_spelling(std::string_view text);

/// Returns the text for a terminal, which would obey some characters: control characters besides line ends and tabs, and bytes that are not
/// UTF-8, as their numbers, `\x1B`.
[[nodiscard]] std::string printable(std::string_view text);

/// Returns the text with other characters than those of ASCII as their numbers, `caf\u00E9`.
[[nodiscard]] std::string spelled_out(std::string_view text);

}  // namespace leat
