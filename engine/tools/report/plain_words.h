#pragma once

#include <string_view>

namespace leat::report {

/// Returns true for a word of Leat's own sentences, in lower case. Names of files and people are not among them, except where they equal
/// such a word.
[[nodiscard]] bool is_plain_word(std::string_view word);

}  // namespace leat::report
