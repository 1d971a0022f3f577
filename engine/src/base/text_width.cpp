#include "base/text_width.h"

#include <clocale>
#include <cwchar>

#include "base/utf8.h"

namespace leat {

namespace {

char32_t code_point(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  char32_t out = character.size() == 1 ? first : first & (0x7Fu >> character.size());
  for (const char byte : character.substr(1)) out = out << 6 | (static_cast<unsigned char>(byte) & 0x3Fu);
  return out;
}

/// Uses the C library's table of widths, which depends on the locale of the thread.
class WidthsOfUtf8 {
 public:
  WidthsOfUtf8() : before_(locale() ? ::uselocale(locale()) : locale_t{}) {}
  WidthsOfUtf8(const WidthsOfUtf8&) = delete;
  WidthsOfUtf8& operator=(const WidthsOfUtf8&) = delete;
  ~WidthsOfUtf8() {
    if (before_) ::uselocale(before_);
  }

  [[nodiscard]] std::size_t of(char32_t character) const {
    const int width = before_ ? ::wcwidth(static_cast<wchar_t>(character)) : 1;
    return width < 0 ? 1 : static_cast<std::size_t>(width);
  }

 private:
  static locale_t locale() {
    static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{});
    return utf8;
  }

  locale_t before_;
};

}  // namespace

std::size_t text_width(std::string_view text) {
  std::size_t out = 0, plain = 0;
  while (plain < text.size() && static_cast<unsigned char>(text[plain]) < 0x80) ++plain;
  out = plain;
  text.remove_prefix(plain);
  if (text.empty()) return out;
  const WidthsOfUtf8 widths;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    out += length == 0 ? 1 : widths.of(code_point(text.substr(0, length)));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string padded(std::string text, std::size_t width) {
  const std::size_t taken = text_width(text);
  if (taken < width) text.append(width - taken, ' ');
  return text;
}

}  // namespace leat
