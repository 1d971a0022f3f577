#include "leat/result_name.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/known_endings.h"
#include "leat/value.h"

// Proof that two samples never get one path. HH stands for two hexadecimal digits, as in `%2F`. An escape is `%` and HH.
//
// 1. `escaped` is reversible. It writes a `%` before HH as `%25`. A `%` that it keeps does not become an escape: in the id no HH follows
//    it, and in the result the same letters follow it, or the `%` of an escape, which is not a digit.
// 2. An id consists of parts between slashes, and each part becomes one name. An empty part becomes `%2F`. No other part does, because
//    parts have no slash. A leading dot is escaped, and so is the dot in a folder's ending if that is the ending of results. Undoing the
//    escapes gives the part. No folder ends like a result, so no result has the path of a folder. No name is `.` or `..`.
// 3. The last part P becomes a stem of one of three kinds:
//    with the ending of results, as `s.png`: the stem is s; a `_` at its end, or the dot of a known ending of s, is escaped;
//    with another known ending, as `s.jpg`: the stem is P;
//    without a known ending: the stem is P and `_`.
//    A stem that ends with `_` is of the third kind, a stem with a known ending of the second, and all others are of the first. So each
//    stem gives P back.
// 4. Generated samples come from sources without files. With the ending of results added, they are of the first kind, and differ.
// 5. A name that is too long is truncated and gets `%7E` and a 128-bit hash of the whole name. No other name has that, because nothing
//    else is escaped as `%7E`.
// 6. No part of results' names ends with another part: next to `_lung`, each `_` in the name of `_left_lung` is escaped. So the end of a
//    path determines the part, and the letters before it the stem.

namespace leat {

namespace {

constexpr std::size_t most_bytes = 255;
constexpr std::size_t most_part_bytes = 100;

bool is_hex(char letter) { return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'F'); }

std::string escape(char letter) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(letter);
  return {'%', digits[byte / 16], digits[byte % 16]};
}

/// Returns the text with `/`, zero bytes, and each `%` that looks like an escape replaced by escapes.
std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t k = 0; k < text.size(); ++k) {
    const bool looks_escaped = text[k] == '%' && k + 2 < text.size() && is_hex(text[k + 1]) && is_hex(text[k + 2]);
    if (looks_escaped || text[k] == '/' || text[k] == '\0') out += escape(text[k]);
    else out += text[k];
  }
  return out;
}

/// Returns the text with the letter at one position escaped. Earlier escapes stay.
std::string escaped_at(std::string text, std::size_t at) { return text.replace(at, 1, escape(text[at])); }

/// Returns a part of an id as a file name that no reader of folders skips. Hidden names begin with a dot; archives of macOS contain
/// `__MACOSX`.
std::string visible(std::string_view part) {
  if (part.empty()) return "%2F";
  const std::string out = escaped(part);
  return part.starts_with('.') || part == "__MACOSX" ? escaped_at(out, 0) : out;
}

/// Returns the position of a known ending; npos if there is none. A name that consists of an ending has none.
std::size_t find_known_ending(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return std::string_view::npos;
  std::string ending(name.substr(dot));
  for (char& letter : ending)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return std::find(known_endings.begin(), known_endings.end(), ending) != known_endings.end() ? dot : std::string_view::npos;
}

std::string hash_of(std::string_view text) {
  const std::uint64_t first = hash_bytes(text.data(), text.size()),
                      second = hash_bytes(text.data(), text.size(), first ^ 0x9E3779B97F4A7C15);
  return hash_text(first) + hash_text(second);
}

/// Returns the text in at most `most` bytes. A longer text is truncated between two characters, and gets `%7E` and its hash.
std::string shortened(const std::string& text, std::size_t most) {
  if (text.size() <= most) return text;
  const std::string tail = "%7E" + hash_of(text);
  std::size_t length = most - tail.size();
  while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
  return text.substr(0, length) + tail;
}

std::string folder_name(std::string_view part, std::string_view ending) {
  std::string out = visible(part);
  if (out.ends_with(ending)) out = escaped_at(out, out.size() - ending.size());
  return shortened(out, most_bytes);
}

/// Returns the stem for the last part of an id.
std::string stem_of(std::string_view part, bool is_drawn, std::string_view ending) {
  const bool has_own_ending = !is_drawn && part.size() > ending.size() && part.ends_with(ending);
  if (!is_drawn && !has_own_ending) return visible(part) + (find_known_ending(part) == std::string_view::npos ? "_" : "");
  std::string out = visible(has_own_ending ? part.substr(0, part.size() - ending.size()) : part);
  if (out.ends_with('_')) return escaped_at(out, out.size() - 1);
  const std::size_t dot = find_known_ending(out);
  return dot == std::string::npos ? out : escaped_at(out, dot);
}

}  // namespace

std::filesystem::path result_path(const Sample& sample, std::string_view part, std::string_view ending) {
  if (sample.id.empty()) throw std::runtime_error("the sample has no id, so its results have no name: its source does not set one");
  std::filesystem::path out;
  std::string_view left = sample.id;
  for (std::size_t slash = left.find('/'); slash != std::string_view::npos; slash = left.find('/')) {
    out /= folder_name(left.substr(0, slash), ending);
    left.remove_prefix(slash + 1);
  }
  const std::string behind = std::string(part) + std::string(ending);
  return out / (shortened(stem_of(left, sample.file.empty(), ending), most_bytes - behind.size()) + behind);
}

std::vector<std::string> result_parts(const std::vector<std::string>& names) {
  std::vector<std::string> whole;
  for (const std::string& name : names) whole.push_back("_" + escaped(name));
  std::vector<std::string> out;
  for (std::size_t k = 0; k < whole.size(); ++k) {
    std::string part = whole[k];
    bool ends_with_other = false;
    for (std::size_t other = 0; other < whole.size(); ++other) {
      if (other < k && whole[other] == part) throw std::runtime_error("two of a sample's results are called `" + names[k] + "`");
      ends_with_other = ends_with_other || (whole[other].size() < part.size() && part.ends_with(whole[other]));
    }
    for (std::size_t at = part.rfind('_'); ends_with_other && at > 0; at = part.rfind('_', at - 1)) part = escaped_at(part, at);
    out.push_back(names.size() == 1 ? "" : shortened(part, most_part_bytes));
  }
  return out;
}

}  // namespace leat
