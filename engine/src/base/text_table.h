#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace leat {

using TextRow = std::vector<std::string>;
/// Returns rows as a table of aligned columns, with two spaces before each line.
[[nodiscard]] std::string text_table(const std::vector<TextRow>& rows);
/// Returns "45.1 kB".
[[nodiscard]] std::string size_words(std::int64_t bytes);
/// Returns the words of two sizes, with enough digits that they differ if the sizes do.
[[nodiscard]] std::pair<std::string, std::string> different_sizes(std::int64_t one, std::int64_t other);

}  // namespace leat
