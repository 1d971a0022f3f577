#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace leat {

/// Returns a JSON string, quoted and escaped.
[[nodiscard]] std::string json_text(std::string_view text);
/// Returns a JSON number that reads back as the same double; null if the number is not finite.
[[nodiscard]] nlohmann::json number_or_null(double number);
/// Returns the inverse of `number_or_null`: NaN for null, and for every other value that is not a number.
[[nodiscard]] double number_or_nan(const nlohmann::json& value);
/// Returns the text of `number_or_null`.
[[nodiscard]] std::string json_number(double number);

/// Returns a value as JSON text on one line. Bytes that are not UTF-8 are replaced, so no text makes it throw. A number that is not finite
/// becomes null.
[[nodiscard]] std::string json_line(const nlohmann::ordered_json& value);

/// Returns the fault of a file's JSON in words: "it has no `seed`", "a value in it is null, but must be a string".
[[nodiscard]] std::string json_words(const nlohmann::json::exception& error);

}  // namespace leat
