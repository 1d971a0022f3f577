#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace leat {

using TextRow = std::vector<std::string>;
/// Rows as a table of aligned columns, two spaces before each line.
[[nodiscard]] std::string text_table(const std::vector<TextRow>& rows);
/// "45.1 kB"
[[nodiscard]] std::string size_words(std::int64_t bytes);

}  // namespace leat
