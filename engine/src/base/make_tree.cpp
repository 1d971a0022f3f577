#include "leat/make_tree.h"

namespace leat {

Tree plain_tree(std::string scalar) {
  Tree out;
  out.kind = Tree::Kind::Scalar;
  out.scalar = std::move(scalar);
  return out;
}

Tree text_tree(std::string text) {
  Tree out = plain_tree(std::move(text));
  out.is_quoted = true;
  return out;
}

Tree plain_trees(const std::vector<std::string>& scalars) {
  Tree out;
  out.kind = Tree::Kind::List;
  for (const std::string& scalar : scalars) out.items.push_back(plain_tree(scalar));
  return out;
}

Tree text_trees(const std::vector<std::string>& texts) {
  Tree out;
  out.kind = Tree::Kind::List;
  for (const std::string& text : texts) out.items.push_back(text_tree(text));
  return out;
}

Tree map_tree(std::vector<std::pair<std::string, Tree>> entries) {
  Tree out;
  out.kind = Tree::Kind::Map;
  for (auto& [key, value] : entries) out.entries.push_back({std::move(key), {}, std::move(value)});
  return out;
}

Tree placed(Tree tree, const Place& place) {
  tree.place = place;
  for (Tree& item : tree.items) item.place = place;
  return tree;
}

void set_entry(Tree& map, const std::string& key, Tree value) {
  map.kind = Tree::Kind::Map;
  const Place place = value.place;
  if (Tree* known = map.find(key)) *known = std::move(value);
  else map.entries.push_back({key, place, std::move(value)});
}

}  // namespace leat
