#pragma once

#include <string>
#include <string_view>

namespace leat {

/// Returns "a model", "an optimizer".
[[nodiscard]] std::string with_article(std::string_view noun);

}  // namespace leat
