#pragma once

#include <map>
#include <string>
#include <vector>

#include "leat/program.h"

namespace leat::program {

/// The components that can give names of entries: the texts of all nodes and resources that were created.
class NameGivers {
 public:
  void add(const Component* component, const ComponentText& text) { texts_[component] = &text; }

  /// Returns "`classes` of `net`".
  [[nodiscard]] std::string words(const EntryNames& names) const;
  [[nodiscard]] Place place(const EntryNames& names) const;

 private:
  std::map<const Component*, const ComponentText*> texts_;  ///< Texts in the graph's description, which outlives the passes.
};

/// Returns the reorder of entries named `given` to the positions of `wanted`. Precondition: `wanted` has all of these names.
[[nodiscard]] Reorder reorder_of(int axis, const EntryNames& given, const EntryNames& wanted);

/// Returns "NORMAL and PNEUMONIA"; for more than eight names the first ones and the number.
[[nodiscard]] std::string words_of(const std::vector<std::string>& names);

/// Returns the names of `some` that are not in `all`.
[[nodiscard]] std::vector<std::string> names_without(const EntryNames& some, const EntryNames& all);

/// An output without names of its own for its entries. It gets the names at the other ends of its edges.
struct GuessedNames {
  std::string producer;  ///< The node's type and its resources; nodes with equal ones have equal outputs.
  std::string output;
  std::size_t axis = 0;
  std::string phase;
  PhaseKind kind = PhaseKind::Train;
  std::string node;
  Place place;  ///< Place of the node.
  std::string resource;
  std::shared_ptr<const EntryNames> names;
};

/// Reports an error if one output of a network gets different names, or a different order, at different nodes. Reports a warning if the
/// network is not trained in this graph, because its names are then only guessed.
void compare_guesses(const std::vector<GuessedNames>& guesses, const NameGivers& givers, Diagnostics& diagnostics);

}  // namespace leat::program
