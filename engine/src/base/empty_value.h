#pragma once

#include <string>
#include <string_view>

#include "leat/tree.h"

namespace leat {

/// Returns how to write an empty value of a kind (`Scalar`: an empty text) if nothing was found in its place; otherwise an empty string.
/// The text of a `--set` gets the whole option, with the quotes that a shell needs.
[[nodiscard]] inline std::string empty_value_hint(const Tree& found, Tree::Kind wanted) {
  if (!found.is_null() || wanted == Tree::Kind::Null) return {};
  const std::string what = wanted == Tree::Kind::List ? "list" : wanted == Tree::Kind::Map ? "map" : "text";
  const std::string value = wanted == Tree::Kind::List ? "[]" : wanted == Tree::Kind::Map ? "{}" : "\"\"";
  constexpr std::string_view option = "--set ";
  const std::string name = found.place.text ? found.place.text->name : "";
  if (name.starts_with(option)) return "for an empty " + what + ": --set '" + name.substr(option.size()) + "=" + value + "'";
  return "an empty " + what + " is `" + value + "`";
}

}  // namespace leat
