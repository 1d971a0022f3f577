#include "base/utf8.h"

namespace leat {

std::size_t character_length(std::string_view rest) {
  const auto at = [&rest](std::size_t k) { return k < rest.size() ? static_cast<unsigned char>(rest[k]) : 0u; };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  for (std::size_t k = 1; k < length; ++k)
    if ((at(k) & 0xC0) != 0x80) return 0;
  const bool is_overlong = (first == 0xE0 && at(1) < 0xA0) || (first == 0xF0 && at(1) < 0x90);
  const bool is_outside = (first == 0xED && at(1) > 0x9F) || (first == 0xF4 && at(1) > 0x8F);
  return is_overlong || is_outside ? 0 : length;
}

namespace {

/// Returns true if the text begins like an escaped byte, `\xE9`.
bool looks_escaped(std::string_view text) {
  const auto is_digit = [](char letter) { return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'F'); };
  return text.size() >= 4 && text.starts_with("\\x") && is_digit(text[2]) && is_digit(text[3]);
}

}  // namespace

std::string utf8_text(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const auto byte = static_cast<unsigned char>(text.front());
    if (looks_escaped(text)) out += "\\x5C";
    else if (length > 0) out += text.substr(0, length);
    else out.append({'\\', 'x', digits[byte / 16], digits[byte % 16]});
    text.remove_prefix(length > 0 ? length : 1);
  }
  return out;
}

}  // namespace leat
