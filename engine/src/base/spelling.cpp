#include "leat/spelling.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "base/decompositions.h"

namespace leat {

namespace {

constexpr std::uint32_t no_character = 0x80000000u;  ///< Added to a byte that is not UTF-8.

/// Returns the characters of a text, and bytes that are not UTF-8 with `no_character`.
std::vector<std::uint32_t> characters_of(std::string_view text) {
  std::vector<std::uint32_t> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = [&](std::size_t k) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + k])); };
    const std::uint32_t head = byte(0);
    const std::size_t count = head < 0x80 ? 1 : head >> 5 == 6 ? 2 : head >> 4 == 14 ? 3 : head >> 3 == 30 ? 4 : 0;
    bool is_whole = count > 0 && at + count <= text.size();
    std::uint32_t character = count == 1 ? head : head & (0xFFu >> (count + 1));
    for (std::size_t k = 1; is_whole && k < count; ++k) {
      is_whole = byte(k) >> 6 == 2;
      character = character << 6 | (byte(k) & 0x3F);
    }
    out.push_back(is_whole ? character : head | no_character);
    at += is_whole ? count : 1;
  }
  return out;
}

void append(std::string& text, std::uint32_t character) {
  const auto add = [&text](std::uint32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (character & no_character) return add(character & 0xFF);
  if (character < 0x80) return add(character);
  if (character < 0x800) {
    add(0xC0 | character >> 6);
  } else if (character < 0x10000) {
    add(0xE0 | character >> 12);
    add(0x80 | (character >> 6 & 0x3F));
  } else {
    add(0xF0 | character >> 18);
    add(0x80 | (character >> 12 & 0x3F));
    add(0x80 | (character >> 6 & 0x3F));
  }
  add(0x80 | (character & 0x3F));
}

std::string text_of(const std::vector<std::uint32_t>& characters) {
  std::string out;
  for (const std::uint32_t character : characters) append(out, character);
  return out;
}

bool has_no_width(std::uint32_t character) {
  return (character >= 0x200B && character <= 0x200D) || character == 0x2060 || character == 0xFEFF || character == 0xAD;
}

bool is_blank(std::uint32_t character) {
  return character == ' ' || (character >= 0x09 && character <= 0x0D) || character == 0x85 || character == 0xA0 || character == 0x1680 ||
         (character >= 0x2000 && character <= 0x200A) || character == 0x2028 || character == 0x2029 || character == 0x202F ||
         character == 0x205F || character == 0x3000;
}

int combining_class(std::uint32_t character) {
  const auto found = std::upper_bound(combining_marks.begin(), combining_marks.end(), character,
                                      [](std::uint32_t one, const Marks& marks) { return one < marks.first; });
  if (found == combining_marks.begin() || character > std::prev(found)->last) return 0;
  return std::prev(found)->combining_class;
}

void decompose(std::uint32_t character, std::vector<std::uint32_t>& out) {
  constexpr std::uint32_t hangul = 0xAC00, leads = 0x1100, vowels = 0x1161, tails = 0x11A7, vowel_count = 21, tail_count = 28;
  if (character >= hangul && character < hangul + 19 * vowel_count * tail_count) {
    const std::uint32_t number = character - hangul, tail = number % tail_count;
    out.push_back(leads + number / (vowel_count * tail_count));
    out.push_back(vowels + number / tail_count % vowel_count);
    if (tail > 0) out.push_back(tails + tail);
    return;
  }
  const auto found = std::lower_bound(decompositions.begin(), decompositions.end(), character,
                                      [](const Decomposition& one, std::uint32_t wanted) { return one.whole < wanted; });
  if (found == decompositions.end() || found->whole != character) return out.push_back(character);
  decompose(found->first, out);
  if (found->second != 0) out.push_back(found->second);
}

/// Sorts each run of combining marks by class, as in the canonical order.
void order_marks(std::vector<std::uint32_t>& characters) {
  for (auto at = characters.begin(); at != characters.end();) {
    const auto is_mark = [](std::uint32_t one) { return combining_class(one) > 0; };
    const auto first = std::find_if(at, characters.end(), is_mark);
    at = std::find_if_not(first, characters.end(), is_mark);
    std::stable_sort(first, at, [](std::uint32_t a, std::uint32_t b) { return combining_class(a) < combining_class(b); });
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
  std::vector<std::uint32_t> characters = characters_of(text);
  const auto is_outside = [](std::uint32_t character) { return is_blank(character) || has_no_width(character); };
  characters.erase(std::find_if_not(characters.rbegin(), characters.rend(), is_outside).base(), characters.end());
  characters.erase(characters.begin(), std::find_if_not(characters.begin(), characters.end(), is_outside));
  return text_of(characters);
}

std::string plain_spelling(std::string_view text) {
  std::vector<std::uint32_t> out;
  for (const std::uint32_t character : characters_of(trimmed(text))) {
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

std::string spelled_out(std::string_view text) {
  std::string out;
  for (const std::uint32_t character : characters_of(text)) {
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
