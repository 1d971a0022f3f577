#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leat {

/// Returns the texts that a text with braces stands for, in order, as Bash and WebDataset expand it: `{000..127}` counts, with zeros in
/// front if one of the two numbers has them, `{0..8..2}` in steps, and `{train,val}` lists texts. Braces can be nested. Other braces stay
/// as they are, and so does `${…}`. Throws Refusal for more than a million texts.
[[nodiscard]] std::vector<std::string> expand_braces(std::string_view text);

}  // namespace leat
