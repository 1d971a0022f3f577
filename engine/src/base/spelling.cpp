#include "leat/spelling.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include <utf8proc.h>

namespace leat {

namespace {

constexpr utf8proc_int32_t no_character = 0x40000000;  ///< Added to a byte that is not UTF-8.

/// Returns the characters of a text, and bytes that are not UTF-8 with `no_character`.
std::vector<utf8proc_int32_t> characters_of(std::string_view text) {
  std::vector<utf8proc_int32_t> out;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  for (std::size_t at = 0; at < text.size();) {
    utf8proc_int32_t character = 0;
    const utf8proc_ssize_t length = utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(text.size() - at), &character);
    out.push_back(length > 0 ? character : bytes[at] | no_character);
    at += length > 0 ? static_cast<std::size_t>(length) : 1;
  }
  return out;
}

void append(std::string& text, utf8proc_int32_t character) {
  utf8proc_uint8_t bytes[4] = {static_cast<utf8proc_uint8_t>(character & 0xFF)};
  const utf8proc_ssize_t length = character & no_character ? 1 : utf8proc_encode_char(character, bytes);
  text.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
}

std::string text_of(const std::vector<utf8proc_int32_t>& characters) {
  std::string out;
  for (const utf8proc_int32_t character : characters) append(out, character);
  return out;
}

bool has_no_width(utf8proc_int32_t character) {
  return (character >= 0x200B && character <= 0x200D) || character == 0x2060 || character == 0xFEFF || character == 0xAD;
}

bool is_blank(utf8proc_int32_t character) {
  return character == ' ' || (character >= 0x09 && character <= 0x0D) || character == 0x85 || character == 0xA0 || character == 0x1680 ||
         (character >= 0x2000 && character <= 0x200A) || character == 0x2028 || character == 0x2029 || character == 0x202F ||
         character == 0x205F || character == 0x3000;
}

/// Returns 0 for a character that is no mark, and for a byte.
int combining_class(utf8proc_int32_t character) { return utf8proc_get_property(character)->combining_class; }

void decompose(utf8proc_int32_t character, std::vector<utf8proc_int32_t>& out) {
  constexpr utf8proc_ssize_t longest = 4;  // The Unicode standard's bound for one character.
  utf8proc_int32_t parts[longest];
  int unused = 0;
  const utf8proc_ssize_t count = utf8proc_decompose_char(character, parts, longest, UTF8PROC_DECOMPOSE, &unused);
  if (count < 1 || count > longest) return out.push_back(character);
  out.insert(out.end(), parts, parts + count);
}

/// Sorts each run of combining marks by class, as in the canonical order.
void order_marks(std::vector<utf8proc_int32_t>& characters) {
  for (auto at = characters.begin(); at != characters.end();) {
    const auto is_mark = [](utf8proc_int32_t one) { return combining_class(one) > 0; };
    const auto first = std::find_if(at, characters.end(), is_mark);
    at = std::find_if_not(first, characters.end(), is_mark);
    std::stable_sort(first, at, [](utf8proc_int32_t a, utf8proc_int32_t b) { return combining_class(a) < combining_class(b); });
  }
}

/// Returns `12` for `12.0`, as programs for tables write a column of numbers. Returns any other text as it is.
std::string without_fraction(std::string text) {
  const std::size_t end = text.find_first_not_of("0123456789");
  const bool is_whole = end != 0 && end != std::string::npos && text[end] == '.' && end + 1 < text.size() &&
                        text.find_first_not_of('0', end + 1) == std::string::npos;
  if (is_whole) text.erase(end);
  return text;
}

}  // namespace

std::string trimmed(std::string_view text) {
  std::vector<utf8proc_int32_t> characters = characters_of(text);
  const auto is_outside = [](utf8proc_int32_t character) { return is_blank(character) || has_no_width(character); };
  characters.erase(std::find_if_not(characters.rbegin(), characters.rend(), is_outside).base(), characters.end());
  characters.erase(characters.begin(), std::find_if_not(characters.begin(), characters.end(), is_outside));
  return text_of(characters);
}

std::string plain_spelling(std::string_view text) {
  std::vector<utf8proc_int32_t> out;
  for (const utf8proc_int32_t character : characters_of(trimmed(text))) {
    if (has_no_width(character)) continue;
    if (!is_blank(character)) decompose(character, out);
    else if (out.back() != ' ') out.push_back(' ');
  }
  order_marks(out);
  return text_of(out);
}

std::string loose_spelling(std::string_view text) {
  std::string out;
  std::string spaced(text);
  for (char& character : spaced)
    if (character == '-' || character == '_') character = ' ';
  const std::string plain = without_fraction(plain_spelling(spaced));
  const auto is_digit = [&plain](std::size_t at) { return at < plain.size() && plain[at] >= '0' && plain[at] <= '9'; };
  for (std::size_t at = 0; at < plain.size(); ++at) {
    const bool follows_digit = at > 0 && is_digit(at - 1);
    // A blank between two numbers keeps them apart.
    if (plain[at] == ' ' && !(follows_digit && is_digit(at + 1))) continue;
    while (!follows_digit && plain[at] == '0' && is_digit(at + 1)) ++at;
    const bool is_capital = plain[at] >= 'A' && plain[at] <= 'Z';
    out += static_cast<char>(is_capital ? plain[at] - 'A' + 'a' : plain[at]);
  }
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  for (const utf8proc_int32_t character : characters_of(text)) {
    const utf8proc_int32_t plain = character & ~no_character;
    const bool is_byte = (character & no_character) != 0;
    const bool is_control = (plain < 0x20 && plain != '\n' && plain != '\t') || (plain >= 0x7F && plain < 0xA0);
    if (!is_byte && !is_control) {
      out += text_of({character});
      continue;
    }
    char number[16];
    std::snprintf(number, sizeof number, is_byte || plain < 0x80 ? "\\x%02X" : "\\u%04X", static_cast<unsigned>(plain));
    out += number;
  }
  return out;
}

std::string spelled_out(std::string_view text) {
  std::string out;
  for (const utf8proc_int32_t character : characters_of(text)) {
    char number[16];
    if (character < 0x80) {
      out += static_cast<char>(character);
      continue;
    }
    const bool is_byte = (character & no_character) != 0;
    std::snprintf(number, sizeof number, is_byte ? "\\x%02X" : "\\u%04X", static_cast<unsigned>(character & ~no_character));
    out += number;
  }
  return out;
}

}  // namespace leat
