#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leat {

/// What an unquoted YAML scalar means (YAML 1.2's core schema, decimal numbers only).
enum class ScalarKind { Text, Whole, Fraction, Truth, Null };

[[nodiscard]] ScalarKind kind_of_scalar(std::string_view text);
/// Empty: not a whole number, or one beyond 64 bits.
[[nodiscard]] std::optional<std::int64_t> whole_number(std::string_view text);
/// Empty: not a number, or one beyond a double's range.
[[nodiscard]] std::optional<double> any_number(std::string_view text);

/// Whether two texts are the same, or the same number: 0.001 is 1e-3.
[[nodiscard]] bool is_same_scalar(std::string_view a, std::string_view b);

/// The shortest text that reads as this number again.
[[nodiscard]] std::string number_text(double number);
/// A number to so many digits, for a sentence.
[[nodiscard]] std::string rounded_text(double number, int digits);
/// A scalar as YAML: plain where that reads as the same scalar in every context, else in double quotes.
[[nodiscard]] std::string scalar_yaml(std::string_view text, bool is_quoted);
/// A text as YAML: in quotes also where the plain word would be a number, a truth value or null.
[[nodiscard]] std::string text_yaml(std::string_view text);

}  // namespace leat
