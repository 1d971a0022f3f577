#pragma once

#include <map>
#include <string>
#include <vector>

#include "leat/program.h"

namespace leat::program {

/// Who gives the names of entries: the texts of the nodes and resources that were made.
class NameGivers {
 public:
  void add(const Component* component, const ComponentText& text) { texts_[component] = &text; }

  /// "`classes` of `net`"
  [[nodiscard]] std::string words(const EntryNames& names) const;
  [[nodiscard]] Place place(const EntryNames& names) const;

 private:
  std::map<const Component*, const ComponentText*> texts_;  ///< Those of the graph's description, which outlives the passes.
};

/// How entries that are called `given` go to the places of `wanted`, which has each of them.
[[nodiscard]] Reorder reorder_of(int axis, const EntryNames& given, const EntryNames& wanted);

/// "NORMAL and PNEUMONIA"; of many: their number and the first ones.
[[nodiscard]] std::string words_of(const std::vector<std::string>& names);

/// The names of `some` that are not among `all`.
[[nodiscard]] std::vector<std::string> names_without(const EntryNames& some, const EntryNames& all);

/// An output whose entries have no names of their own: it was taken for what the other ends of its edges name.
struct GuessedNames {
  std::string producer;  ///< The node's type and the resources that it uses: two nodes that share them give the same.
  std::string output;
  std::size_t axis = 0;
  PhaseKind kind = PhaseKind::Train;
  std::string node;
  Place place;  ///< Of the node.
  std::string resource;
  std::shared_ptr<const EntryNames> names;
};

/// Refuses the output of one network that is taken for names in one order here and in another there, and says where the names of one that
/// is not trained in this graph are only guessed.
void compare_guesses(const std::vector<GuessedNames>& guesses, const NameGivers& givers, Diagnostics& diagnostics);

}  // namespace leat::program
