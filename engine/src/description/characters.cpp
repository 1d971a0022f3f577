#include "description/characters.h"

#include <algorithm>
#include <initializer_list>

#include "base/utf8.h"

namespace leat {

namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

Place place_at(const std::shared_ptr<const SourceText>& text, int line, int byte) {
  if (line < 0 || byte < 0 || text->lines.empty()) return {text, 1, 1};
  const std::size_t last = text->lines.size() - 1;
  const std::string& content = text->lines[std::min(static_cast<std::size_t>(line), last)];
  // yaml-cpp reports the end of a text on the line after the last one, which cannot be shown.
  const std::size_t end = static_cast<std::size_t>(line) > last ? content.size() : std::min(static_cast<std::size_t>(byte), content.size());
  const auto continued = std::count_if(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(end), is_continuation);
  return {text, static_cast<int>(std::min(static_cast<std::size_t>(line), last)) + 1,
          static_cast<int>(end) - static_cast<int>(continued) + 1};
}

bool starts_with_null(const SourceText& text, int line, int byte) {
  if (line < 0 || byte < 0 || static_cast<std::size_t>(line) >= text.lines.size()) return false;
  std::string_view rest = text.lines[static_cast<std::size_t>(line)];
  if (static_cast<std::size_t>(byte) >= rest.size()) return false;
  rest.remove_prefix(static_cast<std::size_t>(byte));
  for (const std::string_view word : {"~", "null", "Null", "NULL"})
    if (rest.starts_with(word) &&
        (rest.size() == word.size() || std::string_view(" ,]}").find(rest[word.size()]) != std::string_view::npos))
      return true;
  return false;
}

bool check_characters(const std::shared_ptr<const SourceText>& text, Diagnostics& diagnostics) {
  for (std::size_t line = 0; line < text->lines.size(); ++line) {
    const std::string_view content = text->lines[line];
    for (std::size_t k = 0; k < content.size();) {
      const std::size_t length = character_length(content.substr(k));
      const unsigned char c = static_cast<unsigned char>(content[k]);
      const bool is_control = (c < 0x20 && c != '\t') || c == 0x7f;
      if (length == 0 || is_control) {
        diagnostics.error(
            "yaml.character", place_at(text, static_cast<int>(line), static_cast<int>(k)),
            is_control ? "the text has a control character (" + std::to_string(int{c}) + ") here" : "the text is not UTF-8 here");
        return false;
      }
      k += length;
    }
  }
  return true;
}

int control_character(std::string_view text) {
  constexpr int next_line = 0x85;
  for (std::size_t k = 0; k < text.size(); ++k) {
    const int c = static_cast<unsigned char>(text[k]);
    if ((c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f) return c;
    // Control characters from 0x80 to 0x9F have two bytes in UTF-8.
    const int second = c == 0xC2 && k + 1 < text.size() ? static_cast<unsigned char>(text[k + 1]) : 0;
    if (second >= 0x80 && second < 0xA0 && second != next_line) return second;
  }
  return -1;
}

}  // namespace leat
