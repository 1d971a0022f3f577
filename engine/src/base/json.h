#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace leat {

/// A JSON string, quoted and escaped.
[[nodiscard]] std::string json_text(std::string_view text);
/// A number that reads back as the same double; null for one that is not finite.
[[nodiscard]] nlohmann::json number_or_null(double number);
/// What `number_or_null` gave: NaN for null, and for all else that is no number.
[[nodiscard]] double number_or_nan(const nlohmann::json& value);
/// A JSON number that reads back as the same double; null for one that is not finite.
[[nodiscard]] std::string json_number(double number);

/// A value as JSON text in one line. What is not UTF-8 is replaced, so this throws for no text; a number that is not finite is null.
[[nodiscard]] std::string json_line(const nlohmann::ordered_json& value);

/// What is wrong with JSON that a file should have, in words: "it has no `seed`", "a value in it is null, and should be a string".
[[nodiscard]] std::string json_words(const nlohmann::json::exception& error);

}  // namespace leat
