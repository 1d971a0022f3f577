#pragma once

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

namespace leat {

/// Returns a text as one word of a shell's command, such as a path in a command that a reader pastes: in quotes if it has blanks or other
/// characters that a shell changes.
[[nodiscard]] inline std::string shell_word(std::string_view text) {
  const auto is_safe = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || (c & 0x80) != 0 ||
           std::string_view("_./:=,@%+-").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_safe)) return std::string(text);
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace leat
