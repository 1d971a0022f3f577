#include "base/scalar.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace leat {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_any_of(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words)
    if (text == word) return true;
  return false;
}

std::string_view without_sign(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return text;
}

std::size_t count_digits(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  return count;
}

bool is_decimal(std::string_view text) {
  std::string_view rest = without_sign(text);
  const std::size_t before = count_digits(rest);
  rest.remove_prefix(before);
  std::size_t after = 0;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    after = count_digits(rest);
    rest.remove_prefix(after);
  }
  if (before + after == 0) return false;
  if (rest.starts_with('e') || rest.starts_with('E')) {
    rest = without_sign(rest.substr(1));
    const std::size_t exponent = count_digits(rest);
    if (exponent == 0) return false;
    rest.remove_prefix(exponent);
  }
  return rest.empty();
}

bool is_infinity(std::string_view text) { return is_any_of(without_sign(text), {".inf", ".Inf", ".INF"}); }

template <class T>
std::optional<T> parsed(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

bool may_begin_plain(std::string_view text) {
  const auto is_harmless = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '/' || c == '(' || c == '.' || c == '$' ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  if (text.starts_with("...")) return false;
  if (text.front() == '-' || text.front() == '+') return text.size() > 1 && (is_digit(text[1]) || text[1] == '.');
  return is_harmless(text.front());
}

bool is_plain(std::string_view text) {
  if (text.empty() || !may_begin_plain(text) || text.back() == ' ') return false;
  for (std::size_t k = 0; k < text.size(); ++k) {
    const char c = text[k];
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || std::string_view(",[]{}#\"'").find(c) != std::string_view::npos) return false;
    if (c == ':' && (k + 1 == text.size() || text[k + 1] == ' ')) return false;
  }
  return true;
}

std::string in_quotes(std::string_view text) {
  static constexpr std::string_view hex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += "\\x";
      out += hex[static_cast<unsigned char>(c) >> 4];
      out += hex[static_cast<unsigned char>(c) & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

ScalarKind kind_of_scalar(std::string_view text) {
  if (is_any_of(text, {"", "~", "null", "Null", "NULL"})) return ScalarKind::Null;
  if (is_any_of(text, {"true", "True", "TRUE", "false", "False", "FALSE"})) return ScalarKind::Truth;
  const std::string_view digits = without_sign(text);
  if (!digits.empty() && count_digits(digits) == digits.size()) return ScalarKind::Whole;
  return is_decimal(text) || is_infinity(text) ? ScalarKind::Fraction : ScalarKind::Text;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  if (kind_of_scalar(text) != ScalarKind::Whole) return {};
  return parsed<std::int64_t>(text);
}

std::optional<double> any_number(std::string_view text) {
  if (is_infinity(text)) return text.front() == '-' ? -INFINITY : INFINITY;
  if (!is_decimal(text)) return {};
  return parsed<double>(text);
}

bool is_same_scalar(std::string_view a, std::string_view b) {
  const std::optional<double> one = any_number(a), other = any_number(b);
  return a == b || (one && other && *one == *other);
}

std::string number_text(double number) {
  if (std::isinf(number)) return number > 0 ? ".inf" : "-.inf";
  if (std::isnan(number)) return ".nan";
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  std::string text(digits.data(), end);
  const std::size_t exponent = text.find('e');
  while (exponent != std::string::npos && text[exponent + 2] == '0') text.erase(exponent + 2, 1);
  return text;
}

std::string rounded_text(double number, int digits) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*g", digits, number);
  return text.data();
}

std::string scalar_yaml(std::string_view text, bool is_quoted) {
  return is_quoted || kind_of_scalar(text) == ScalarKind::Null || !is_plain(text) ? in_quotes(text) : std::string(text);
}

std::string text_yaml(std::string_view text) { return scalar_yaml(text, kind_of_scalar(text) != ScalarKind::Text); }

}  // namespace leat
