#include "base/caseless.h"

#include <utf8proc.h>
#include <algorithm>

namespace leat {

namespace {

struct Character {
  utf8proc_int32_t code = -1;  ///< -1: a byte that is not UTF-8.
  std::size_t length = 1;
};

Character first_of(std::string_view rest) {
  Character out;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(rest.data());
  const utf8proc_ssize_t length = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(rest.size()), &out.code);
  if (length < 1) return {};
  out.length = static_cast<std::size_t>(length);
  return out;
}

bool is_of_word(utf8proc_int32_t code) {
  // A byte that is not UTF-8 is mostly a letter of an old encoding.
  if (code < 0) return true;
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string caseless(std::string_view text) {
  struct Piece {
    utf8proc_int32_t code;
    char byte;
  };
  std::vector<Piece> pieces;
  for (std::size_t at = 0; at < text.size();) {
    const Character one = first_of(text.substr(at));
    if (one.code < 0) {
      pieces.push_back({-1, text[at]});
    } else {
      utf8proc_int32_t parts[16];
      int last_bound = 0;
      const auto options = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD);
      const utf8proc_ssize_t count = utf8proc_decompose_char(one.code, parts, std::size(parts), options, &last_bound);
      if (count < 1 || count > static_cast<utf8proc_ssize_t>(std::size(parts))) pieces.push_back({one.code, 0});
      else
        for (utf8proc_ssize_t k = 0; k < count; ++k) pieces.push_back({parts[k], 0});
    }
    at += one.length;
  }
  // The canonical order of marks.
  const auto class_of = [](const Piece& piece) { return piece.code < 0 ? 0 : utf8proc_get_property(piece.code)->combining_class; };
  for (auto at = pieces.begin(); at != pieces.end();) {
    const auto first = std::find_if(at, pieces.end(), [&](const Piece& piece) { return class_of(piece) > 0; });
    at = std::find_if(first, pieces.end(), [&](const Piece& piece) { return class_of(piece) == 0; });
    std::stable_sort(first, at, [&](const Piece& a, const Piece& b) { return class_of(a) < class_of(b); });
  }
  std::string out;
  for (const Piece& piece : pieces) {
    if (piece.code < 0) {
      out += piece.byte;
      continue;
    }
    utf8proc_uint8_t bytes[4];
    const utf8proc_ssize_t length = utf8proc_encode_char(piece.code, bytes);
    out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
  }
  return out;
}

std::vector<std::size_t> word_bounds(std::string_view text) {
  std::vector<std::size_t> out;
  bool was_of_word = false;
  for (std::size_t at = 0; at < text.size();) {
    const Character one = first_of(text.substr(at));
    const bool is_now = is_of_word(one.code);
    if (!was_of_word || !is_now) out.push_back(at);
    was_of_word = is_now;
    at += one.length;
  }
  if (!text.empty()) out.push_back(text.size());
  return out;
}

}  // namespace leat
