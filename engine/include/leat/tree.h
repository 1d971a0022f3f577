#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "leat/diagnostics.h"

namespace leat {

/// A YAML value with the place it stands at: a scalar, a list, or a map whose keys have places too.
class Tree {
 public:
  enum class Kind { Null, Scalar, List, Map };
  struct Entry;

  Kind kind = Kind::Null;
  std::string scalar;
  bool is_quoted = false;  ///< A quoted scalar is text, never a number, a truth value or null.
  std::vector<Tree> items;
  std::vector<Entry> entries;
  Place place;
  std::filesystem::path directory;  ///< What a relative path in this scalar starts from.

  [[nodiscard]] bool is_map() const { return kind == Kind::Map; }
  [[nodiscard]] bool is_list() const { return kind == Kind::List; }
  [[nodiscard]] bool is_scalar() const { return kind == Kind::Scalar; }
  [[nodiscard]] bool is_null() const { return kind == Kind::Null; }
  [[nodiscard]] const Tree* find(std::string_view key) const;  ///< Absent: no such key, or not a map.
  [[nodiscard]] Tree* find(std::string_view key);
  [[nodiscard]] const Entry* find_entry(std::string_view key) const;
  [[nodiscard]] std::string describe() const;            ///< "the text `abc`", "a list of 3", for messages.
  [[nodiscard]] std::string yaml(int indent = 0) const;  ///< As YAML text, block style; reading it again gives the same tree.
};

struct Tree::Entry {
  std::string key;
  Place key_place;
  Tree value;
};

/// A tree as YAML on one line: `[16, 32]`.
[[nodiscard]] std::string flow_text(const Tree& tree);
/// The same with the relative paths in it made absolute: what begins with `./` or `../` can only be one, whatever it is for.
[[nodiscard]] Tree with_whole_paths(Tree tree);

}  // namespace leat
