#pragma once

#include <concepts>
#include <string>

namespace leat {

/// Returns a number with its noun: "1 image", "3 images".
template <std::integral Number>
[[nodiscard]] std::string counted(Number count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

/// Returns names as a sentence has them: "`a`, `b`".
template <class Names>
[[nodiscard]] std::string in_quotes(const Names& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "`" : ", `") + name + "`";
  return out;
}

/// Returns texts with another one between them.
template <class Texts>
[[nodiscard]] std::string joined(const Texts& texts, const std::string& between = ", ") {
  std::string out;
  bool is_first = true;
  for (const std::string& text : texts) {
    out += (is_first ? std::string() : between) + text;
    is_first = false;
  }
  return out;
}

}  // namespace leat
