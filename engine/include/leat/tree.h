#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "leat/diagnostics.h"

namespace leat {

/// A YAML value with its place: a scalar, a list, or a map whose keys have places too.
class Tree {
 public:
  enum class Kind { Null, Scalar, List, Map };
  struct Entry;

  Kind kind = Kind::Null;
  std::string scalar;
  bool is_quoted = false;  ///< Invariant: a quoted scalar is text, never a number, a truth value or null.
  std::vector<Tree> items;
  std::vector<Entry> entries;
  Place place;
  std::filesystem::path directory;  ///< Start of a relative path in this scalar.

  [[nodiscard]] bool is_map() const { return kind == Kind::Map; }
  [[nodiscard]] bool is_list() const { return kind == Kind::List; }
  [[nodiscard]] bool is_scalar() const { return kind == Kind::Scalar; }
  [[nodiscard]] bool is_null() const { return kind == Kind::Null; }
  [[nodiscard]] const Tree* find(std::string_view key) const;  ///< Returns null if there is no such key, or if this is not a map.
  [[nodiscard]] Tree* find(std::string_view key);
  [[nodiscard]] const Entry* find_entry(std::string_view key) const;
  [[nodiscard]] std::string describe() const;            ///< "the text `abc`", "a list of 3", for messages.
  [[nodiscard]] std::string yaml(int indent = 0) const;  ///< Block style. Reading it again gives an equal tree.
};

struct Tree::Entry {
  std::string key;
  Place key_place;
  Tree value;
};

/// Returns a tree as YAML on one line: `[16, 32]`.
[[nodiscard]] std::string flow_text(const Tree& tree);
/// Returns the tree with relative paths made absolute. Only texts that begin with `./` or `../` are certain to be paths.
[[nodiscard]] Tree with_whole_paths(Tree tree);

}  // namespace leat
