#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "leat/program.h"

namespace leat::program {

/// The changes of the field of view on the way to each wire of a phase. Values with the same changes in the same order show the same part
/// of a picture at the same position.
class FieldsOfView {
 public:
  explicit FieldsOfView(std::size_t wires) : changes_(wires) {}

  /// Gives the outputs of a node the changes that its inputs have. If these differ, a list that has the others as its begin counts; the
  /// changes of other lists follow it.
  void pass_on(const ProgramNode& node);
  /// Gives the wire `to` the changes of the wire `from`, and one more. Equal `how` are the same change; an empty one is the node's own.
  void change(int from, int to, const std::string& node, const std::string& how);

  /// A value that a node reads.
  struct Read {
    int wire;
    std::string name;
  };
  /// Throws Refusal at the input `at` if the changes of two values differ.
  void compare(const Read& one, const Read& other, std::string_view at) const;

 private:
  struct Change {
    std::string key;
    std::string node;
    std::string how;
    [[nodiscard]] std::string words() const;
  };
  [[nodiscard]] std::vector<Change>& of(int wire) { return changes_[static_cast<std::size_t>(wire)]; }
  [[nodiscard]] const std::vector<Change>& of(int wire) const { return changes_[static_cast<std::size_t>(wire)]; }

  std::vector<std::vector<Change>> changes_;  ///< Indexed by wire, in the order of the nodes.
};

}  // namespace leat::program
