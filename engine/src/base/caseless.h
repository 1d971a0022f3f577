#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace leat {

/// Returns a form that is equal for texts that differ only in case and Unicode form (NFC or NFD): Unicode's case folding in canonical
/// decomposition. Bytes that are not UTF-8 are kept.
[[nodiscard]] std::string caseless(std::string_view text);

/// Returns the places in the text where a word can begin or end, in order: its ends, and each place that is not between two characters of
/// a word. Letters of all scripts, their marks and digits are characters of words; `_` is not, so `Doe` is a word of `Doe_2`.
[[nodiscard]] std::vector<std::size_t> word_bounds(std::string_view text);

}  // namespace leat
