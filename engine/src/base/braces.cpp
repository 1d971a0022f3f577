#include "base/braces.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "leat/diagnostics.h"

namespace leat {

namespace {

constexpr std::size_t most_texts = 1'000'000;

void check_count(std::size_t count) {
  if (count > most_texts) throw Refusal("the braces stand for more than " + std::to_string(most_texts) + " texts");
}

/// Returns the position of the brace that closes the one at `open`; npos: there is none.
std::size_t closing(std::string_view text, std::size_t open) {
  int depth = 0;
  for (std::size_t at = open; at < text.size(); ++at) {
    if (text[at] == '{') ++depth;
    if (text[at] == '}' && --depth == 0) return at;
  }
  return std::string_view::npos;
}

/// Returns the parts between commas that are in no inner braces.
std::vector<std::string_view> alternatives(std::string_view text) {
  std::vector<std::string_view> out;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '{') ++depth;
    if (text[at] == '}') --depth;
    if (text[at] != ',' || depth != 0) continue;
    out.push_back(text.substr(begin, at - begin));
    begin = at + 1;
  }
  out.push_back(text.substr(begin));
  return out;
}

std::optional<std::int64_t> whole(std::string_view text) {
  constexpr std::size_t most_digits = 15;
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || text.size() > most_digits || error != std::errc() || end != text.data() + text.size()) return {};
  return out;
}

bool has_zeros(std::string_view number) {
  if (number.starts_with('-')) number.remove_prefix(1);
  return number.size() > 1 && number[0] == '0';
}

std::string padded(std::int64_t number, std::size_t width) {
  std::string digits = std::to_string(std::abs(number));
  const std::size_t sign = number < 0 ? 1 : 0;
  if (digits.size() + sign < width) digits.insert(0, width - sign - digits.size(), '0');
  return (sign > 0 ? "-" : "") + digits;
}

/// Returns the numbers of `000..127` or `0..8..2`; nullopt for another text.
std::optional<std::vector<std::string>> range(std::string_view text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) return {};
  const std::string_view first = text.substr(0, dots);
  std::string_view last = text.substr(dots + 2), by = "1";
  if (const std::size_t more = last.find(".."); more != std::string_view::npos) {
    by = last.substr(more + 2);
    last = last.substr(0, more);
  }
  const auto begin = whole(first), end = whole(last), step = whole(by);
  if (!begin || !end || !step || *step == 0) return {};
  const std::size_t width = has_zeros(first) || has_zeros(last) ? std::max(first.size(), last.size()) : 0;
  const std::int64_t by_each = std::abs(*step), distance = std::abs(*end - *begin);
  check_count(static_cast<std::size_t>(distance / by_each));
  std::vector<std::string> out;
  for (std::int64_t k = 0; k <= distance; k += by_each) out.push_back(padded(*begin + (*end < *begin ? -k : k), width));
  return out;
}

}  // namespace

std::vector<std::string> expand_braces(std::string_view text) {
  for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
    const std::size_t close = closing(text, open);
    if (close == std::string_view::npos || (open > 0 && text[open - 1] == '$')) continue;
    const std::string_view inside = text.substr(open + 1, close - open - 1);
    std::vector<std::string> middle;
    if (const std::vector<std::string_view> parts = alternatives(inside); parts.size() > 1) {
      for (const std::string_view part : parts)
        for (std::string& one : expand_braces(part)) middle.push_back(std::move(one));
    } else if (auto numbers = range(inside)) {
      middle = std::move(*numbers);
    } else {
      continue;
    }
    const std::vector<std::string> rest = expand_braces(text.substr(close + 1));
    check_count(middle.size() * rest.size());
    std::vector<std::string> out;
    for (const std::string& one : middle)
      for (const std::string& end : rest) out.push_back(std::string(text.substr(0, open)) + one + end);
    return out;
  }
  return {std::string(text)};
}

}  // namespace leat
