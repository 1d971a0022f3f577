#pragma once

#include <string>
#include <utility>
#include <vector>

#include "leat/tree.h"

namespace leat {

/// Returns a scalar as a graph writes it without quotes, such as `16` or `true`.
[[nodiscard]] Tree plain_tree(std::string scalar);
/// Returns a scalar that is a text, whatever it looks like.
[[nodiscard]] Tree text_tree(std::string text);
[[nodiscard]] Tree plain_trees(const std::vector<std::string>& scalars);  ///< Returns a list of such scalars.
[[nodiscard]] Tree text_trees(const std::vector<std::string>& texts);     ///< Returns a list of such texts.
[[nodiscard]] Tree map_tree(std::vector<std::pair<std::string, Tree>> entries = {});
/// Returns a tree whose items, and which itself, stand at a place.
[[nodiscard]] Tree placed(Tree tree, const Place& place);
/// Sets or adds an entry of a map; `map` becomes one if it is none. A new key has the place of its value.
void set_entry(Tree& map, const std::string& key, Tree value);

}  // namespace leat
