#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "program/configure.h"
#include "program/dimensions.h"
#include "program/edges.h"
#include "program/entry_names.h"
#include "program/fields_of_view.h"
#include "program/open_tails.h"

namespace leat::program {

/// A contract whose dimensions are indices into Dimensions. `rows` stands for the leading N of step-grain values.
struct Solved {
  Contract contract;
  std::vector<int> dims;
  int entries = -1;  ///< Dimension of the values' entries; -1 if they have none.
  int tail = -1;     ///< Index into OpenTails; -1 if the contract is not open.
};

inline constexpr int rows = -2;

/// The reason why an edge is impossible because of entries: their names, or whether several can hold at once.
struct EntriesMistake {
  Dimensions::Fit fit = Dimensions::Fit::Same;
  Dim given;
  Dim wanted;

  [[nodiscard]] bool is_of_names() const { return given.names && wanted.names; }
};

class ContractSolver {
 public:
  ContractSolver(const PhaseText& text, ProgramPhase& phase, PhaseKnown& known, const NameGivers& givers, Diagnostics& diagnostics)
      : text_(text),
        phase_(phase),
        known_(known),
        givers_(givers),
        diagnostics_(diagnostics),
        solved_(phase.wires.size()),
        facts_(phase.wires.size()),
        fields_of_view_(phase.wires.size()) {}

  void solve();
  /// Returns the outputs of nodes with resources that got their names from other nodes.
  [[nodiscard]] std::vector<GuessedNames> guesses(const Program& program) const;

 private:
  using Scope = std::map<std::string, int>;
  friend class NodeShapes;

  int entry(const Dim& dim, Scope& scope);
  /// Returns the dimension that `Shapes::of` returned, with what the node has added to it.
  int linked_entry(const Dim& dim);
  Solved solved(const Contract& contract, Scope& scope);

  /// Returns the contract's dimensions, with those that readers have given.
  [[nodiscard]] std::vector<int> all_dims(const Solved& solved) const;
  [[nodiscard]] bool is_open(const Solved& solved) const;
  /// Gives an open contract the dimensions that a reader takes.
  void close(const Solved& given, const std::vector<int>& wanted, bool is_wanted_open, const std::string& reader, const Place& place);
  /// Makes two contracts one. Returns false if they differ.
  bool equate(const Contract& one, const Contract& other);

  /// Returns the contract of a wire in words, with what its readers take.
  std::string str(const Solved& solved) const { return with_tail(solved).str(); }
  Contract resolved(const Solved& solved) const;
  Contract with_tail(const Solved& solved) const;
  Contract with_dims(const Solved& solved, const std::vector<int>& dims) const;

  /// Both ends of an edge.
  struct Ends {
    const Solved& given;
    const Solved& wanted;
    const BoundInput& input;
  };
  /// Returns false, and changes nothing, if the shapes or the names of entries differ. Entries in another order, or without some names, are
  /// brought into the reader's order by `reorders`.
  bool unify(const Ends& ends, std::vector<Reorder>& reorders, EntriesMistake& mistake);
  bool unify_shapes(const Ends& ends, std::vector<Reorder>& reorders, EntriesMistake& mistake);
  bool unify_entries(const Ends& ends, std::vector<Reorder>& reorders, EntriesMistake& mistake);
  bool unify_named(int given, int wanted, int axis, const Ends& ends, std::vector<Reorder>& reorders, EntriesMistake& mistake);

  void solve_node(int index);
  /// Returns false if an input of the node is unknown or was refused.
  bool match_inputs(ProgramNode& node, Scope& scope);
  bool match(ProgramNode& node, const BoundInput& input, Feed& feed, Scope& scope);
  void refuse_names(const std::string& from, const std::string& to, const Place& place, const Port& port, const EntriesMistake& mistake);
  void refuse_multi_label(const std::string& from, const std::string& to, const Place& place, const EntriesMistake& mistake);
  void warn_of_subset(const EntriesMistake& mistake);
  void tell_names(ParamPort& param, int entry) const;
  /// Returns the place for a node's refusal at `at`: the input's feed, the first reader of the output, or the value of the parameter.
  Place place_at(const ProgramNode& node, const NodeText& text, const std::string& at) const;
  /// Keeps what the node promises of its outputs, before their readers add what they need.
  void keep_promises(const ProgramNode& node);
  void finish_wire(std::size_t k);

  const PhaseText& text_;
  ProgramPhase& phase_;
  PhaseKnown& known_;
  const NameGivers& givers_;
  Diagnostics& diagnostics_;
  Dimensions dimensions_;
  std::vector<Solved> solved_;
  std::vector<std::map<std::string, std::int64_t>> facts_;
  std::map<int, std::int64_t> bytes_;
  FieldsOfView fields_of_view_;
  /// Reported lists of names at the current node: given, wanted.
  std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> told_;
  bool is_multi_label_told_ = false;               ///< True if it was reported at the current node.
  std::vector<std::pair<ParamPort*, int>> named_;  ///< Parameters that name a symbol, and the symbol's dimension.
  /// An output of a node with resources, and which of its dimensions had names after `solve_node`.
  struct Nameable {
    int node;
    int wire;
    std::vector<char> is_named;
  };
  std::vector<Nameable> nameable_;
  OpenTails tails_;
};

}  // namespace leat::program
