#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leat {

/// The type of an unquoted YAML scalar (YAML 1.2's core schema, decimal numbers only).
enum class ScalarKind { Text, Whole, Fraction, Truth, Null };

[[nodiscard]] ScalarKind kind_of_scalar(std::string_view text);
/// Returns nullopt if the text is not a whole number, or does not fit 64 bits.
[[nodiscard]] std::optional<std::int64_t> whole_number(std::string_view text);
/// Returns nullopt if the text is not a number, or is outside a double's range.
[[nodiscard]] std::optional<double> any_number(std::string_view text);

/// Returns true if two texts are equal, or are the same number: 0.001 and 1e-3.
[[nodiscard]] bool is_same_scalar(std::string_view a, std::string_view b);

/// Returns the shortest text that reads as this number again.
[[nodiscard]] std::string number_text(double number);
/// Returns a number with this many significant digits, for a sentence.
[[nodiscard]] std::string rounded_text(double number, int digits);
/// Returns a scalar as YAML: plain if that reads as the same scalar in every context, otherwise in double quotes.
[[nodiscard]] std::string scalar_yaml(std::string_view text, bool is_quoted);
/// Returns a text as YAML, also in quotes if the plain word would be a number, a truth value or null.
[[nodiscard]] std::string text_yaml(std::string_view text);

}  // namespace leat
