#include "io/split/list_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "io/disk_file.h"
#include "io/split/folder_files.h"
#include "leat/diagnostics.h"

namespace leat {

namespace {

void append_utf8(std::string& to, std::uint32_t code) {
  const auto add = [&to](std::uint32_t byte) { to += static_cast<char>(byte); };
  if (code < 0x80) return add(code);
  if (code < 0x800) {
    add(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    add(0xE0 | code >> 12);
    add(0x80 | (code >> 6 & 0x3F));
  } else {
    add(0xF0 | code >> 18);
    add(0x80 | (code >> 12 & 0x3F));
    add(0x80 | (code >> 6 & 0x3F));
  }
  add(0x80 | (code & 0x3F));
}

enum class Wide { No, LittleEnd, BigEnd };

/// Returns whether a text is UTF-16: by its mark, else by the zeros of ASCII letters in its first bytes.
Wide wide_of(std::string_view text) {
  if (text.starts_with("\xFF\xFE")) return Wide::LittleEnd;
  if (text.starts_with("\xFE\xFF")) return Wide::BigEnd;
  const std::size_t looked_at = std::min<std::size_t>(text.size() / 2 * 2, 64);
  std::size_t even = 0, odd = 0;
  for (std::size_t k = 0; k < looked_at; ++k)
    if (text[k] == '\0') ++(k % 2 == 0 ? even : odd);
  if (looked_at >= 8 && odd > looked_at / 4 && even == 0) return Wide::LittleEnd;
  return looked_at >= 8 && even > looked_at / 4 && odd == 0 ? Wide::BigEnd : Wide::No;
}

std::string from_utf16(std::string_view text, Wide wide) {
  if (text.size() % 2 != 0) throw std::runtime_error("the text is UTF-16, but ends within a character");
  std::string out;
  std::uint32_t high = 0;
  for (std::size_t k = 0; k < text.size(); k += 2) {
    const auto first = static_cast<unsigned char>(text[k]), second = static_cast<unsigned char>(text[k + 1]);
    const std::uint32_t unit = wide == Wide::LittleEnd ? first | second << 8 : second | first << 8;
    const bool is_low = unit >= 0xDC00 && unit < 0xE000;
    if ((high != 0) != is_low) throw std::runtime_error("the text is UTF-16, but has half a character");
    if (unit >= 0xD800 && unit < 0xDC00) {
      high = unit;
      continue;
    }
    append_utf8(out, is_low ? 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00) : unit);
    high = 0;
  }
  return out;
}

/// Throws std::runtime_error if the first line is no header that a list can have: a note for a spreadsheet, or a comment.
void check_header(std::string_view first) {
  const auto refuse = [&first](const std::string& what) {
    throw std::runtime_error("its first line is " + what + ", `" + std::string(first.substr(0, 40)) +
                             "`, but must name the columns: remove this line");
  };
  if (lower(std::string(first.substr(0, 4))) == "sep=") refuse("a note for a spreadsheet");
  if (first.starts_with('#')) refuse("a comment");
}

}  // namespace

char separator_in(std::string_view header) {
  check_header(header);
  constexpr std::array separators{',', ';', '\t'};
  std::array<std::size_t, separators.size()> counts{};
  bool is_quoted = false;
  for (const char letter : header) {
    if (letter == '"') is_quoted = !is_quoted;
    for (std::size_t k = 0; k < separators.size(); ++k) counts[k] += !is_quoted && letter == separators[k];
  }
  const auto most = std::max_element(counts.begin(), counts.end());
  if (*most == 0) return 0;
  if (std::count(counts.begin(), counts.end(), *most) > 1)
    throw std::runtime_error("its first line has as many of one separator as of another, `" + std::string(header.substr(0, 40)) +
                             "`: separate the columns by `,`, `;` or tabs");
  return separators[static_cast<std::size_t>(most - counts.begin())];
}

ListText read_list_text(const std::filesystem::path& list) {
  try {
    const std::vector<std::uint8_t> bytes = read_whole_file(list);
    std::string text(bytes.begin(), bytes.end());
    ListText out;
    if (const Wide wide = wide_of(text); wide != Wide::No) {
      text = from_utf16(text, wide);
      out.is_utf16 = true;
    }
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    if (lower(list.extension().string()) == ".txt") {
      out.table = read_lines(text, "image");
      return out;
    }
    const std::string_view header = std::string_view(text).substr(0, text.find_first_of("\r\n"));
    out.separator = separator_in(header);
    out.table = read_csv(text, out.separator == 0 ? ',' : out.separator);
    return out;
  } catch (const std::runtime_error& error) {
    throw Refusal("the list `" + list.string() + "` cannot be read: " + error.what(), "path");
  }
}

std::string from_windows_1252(std::string_view text) {
  // The characters of the bytes 0x80 to 0x9F; 0: none.
  constexpr std::array<std::uint16_t, 32> special{0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
                                                  0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
                                                  0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};
  std::string out;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    const std::uint32_t code = byte >= 0x80 && byte < 0xA0 ? special[byte - 0x80] : byte;
    if (code == 0) return {};
    append_utf8(out, code);
  }
  return out;
}

}  // namespace leat
