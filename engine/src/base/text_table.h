#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace leat {

using TextRow = std::vector<std::string>;
/// Returns rows as a table of aligned columns, with two spaces before each line.
[[nodiscard]] std::string text_table(const std::vector<TextRow>& rows);
/// Returns "45.1 kB".
[[nodiscard]] std::string size_words(std::int64_t bytes);

}  // namespace leat
