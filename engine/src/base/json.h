#pragma once

#include <string>
#include <string_view>

namespace leat {

/// A JSON string, quoted and escaped.
[[nodiscard]] std::string json_text(std::string_view text);
/// A JSON number that reads back as the same double; null for one that is not finite.
[[nodiscard]] std::string json_number(double number);

}  // namespace leat
