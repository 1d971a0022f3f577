#include "program/contracts.h"

#include <map>
#include <optional>

#include "program/configure.h"
#include "program/edges.h"
#include "program/saturating.h"

namespace leat::program {

namespace {

/// Dimensions of one phase: a union-find over symbols, each of which may have a number.
class Dimensions {
 public:
  int fresh(std::string name) {
    all_.push_back({static_cast<int>(all_.size()), -1, std::move(name)});
    return static_cast<int>(all_.size()) - 1;
  }
  int number(std::int64_t size) {
    const int made = fresh({});
    all_[static_cast<std::size_t>(made)].size = size;
    return made;
  }
  int find(int at) const {
    while (all_[static_cast<std::size_t>(at)].parent != at) at = all_[static_cast<std::size_t>(at)].parent;
    return at;
  }
  bool unify(int a, int b) {
    a = find(a);
    b = find(b);
    if (a == b) return true;
    auto& first = all_[static_cast<std::size_t>(a)];
    auto& second = all_[static_cast<std::size_t>(b)];
    if (first.size >= 0 && second.size >= 0) return first.size == second.size;
    (first.size < 0 ? first : second).parent = first.size < 0 ? b : a;
    return true;
  }
  [[nodiscard]] Dim dim(int at) const {
    const auto& root = all_[static_cast<std::size_t>(find(at))];
    return {root.size, root.size >= 0 ? std::string() : root.name};
  }

 private:
  struct Symbol {
    int parent;
    std::int64_t size;
    std::string name;
  };
  std::vector<Symbol> all_;
};

/// A contract whose dimensions are entries of Dimensions; `rows` is the leading N of step-grain values.
struct Solved {
  Contract contract;
  std::vector<int> dims;
};

constexpr int rows = -2;

class ContractSolver {
 public:
  ContractSolver(const PhaseText& text, ProgramPhase& phase, PhaseKnown& known, Diagnostics& diagnostics)
      : text_(text), phase_(phase), known_(known), diagnostics_(diagnostics), solved_(phase.wires.size()), facts_(phase.wires.size()) {}

  void solve() {
    for (const int index : phase_.order) solve_node(index);
    for (std::size_t k = 0; k < phase_.wires.size(); ++k) finish_wire(k);
  }

 private:
  using Scope = std::map<std::string, int>;
  friend class NodeShapes;

  int entry(const Dim& dim, Scope& scope) {
    if (dim.is_known()) return dimensions_.number(dim.size);
    if (dim.symbol == "N") return rows;
    if (dim.symbol.empty()) return dimensions_.fresh({});  // Any number; two of them need not be the same.
    const auto found = scope.find(dim.symbol);
    if (found != scope.end()) return found->second;
    return scope[dim.symbol] = dimensions_.fresh(dim.symbol);
  }

  Solved solved(const Contract& contract, Scope& scope) {
    Solved out{contract, {}};
    for (const Dim& dim : contract.dims) out.dims.push_back(entry(dim, scope));
    return out;
  }

  /// What a wire gives, in words.
  std::string str(const Solved& solved) const { return resolved(solved).str(); }

  Contract resolved(const Solved& solved) const {
    Contract contract = solved.contract;
    contract.dims.clear();
    for (const int at : solved.dims) contract.dims.push_back(at == rows ? Dim{-1, "N"} : dimensions_.dim(at));
    return contract;
  }

  /// Returns false, and binds nothing, if the shapes differ.
  bool unify(const Solved& given, const Solved& wanted) {
    const Dimensions before = dimensions_;
    if (unify_shapes(given, wanted)) return true;
    dimensions_ = before;
    return false;
  }

  bool unify_shapes(const Solved& given, const Solved& wanted) {
    if (!given.contract.has_shape || !wanted.contract.has_shape) return true;
    const std::size_t shared = std::min(given.dims.size(), wanted.dims.size());
    if (given.dims.size() > shared && !wanted.contract.is_open) return false;
    if (wanted.dims.size() > shared && !given.contract.is_open) return false;
    for (std::size_t k = 0; k < shared; ++k) {
      if ((given.dims[k] == rows) != (wanted.dims[k] == rows)) return false;
      if (given.dims[k] != rows && !dimensions_.unify(given.dims[k], wanted.dims[k])) return false;
    }
    return true;
  }

  static bool fits(const Contract& given, const Contract& wanted) {
    if (given.dtype != Dtype::Any && wanted.dtype != Dtype::Any && given.dtype != wanted.dtype) return false;
    return !given.has_range || !wanted.has_range || (given.low >= wanted.low && given.high <= wanted.high);
  }

  /// Returns false if something that the node reads is not known, or was refused.
  bool match_inputs(const ProgramNode& node, Scope& scope) {
    bool is_known = true;
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds) {
        const Wire& wire = phase_.wires[static_cast<std::size_t>(feed.wire)];
        if (!known_.of(wire.node).has_contracts) {
          is_known = false;
          continue;
        }
        const Solved& given = solved_[static_cast<std::size_t>(feed.wire)];
        // Each member of an Inputs port has a shape of its own.
        Scope own = input.port->kind() == PortKind::Inputs ? Scope() : scope;
        const Solved wanted = solved(input.port->contract(), own);
        const std::string wish = str(wanted);
        if (!unify(given, wanted) || !fits(given.contract, input.port->contract())) {
          is_known = false;
          diagnostics_
              .error("contract.broken", feed.place,
                     "`" + name_of(phase_, wire) + "` gives " + str(given) + ", `" + std::string(input.port->name()) + "` of `" +
                         node.name + "` takes " + wish)
              .notes.push_back({phase_.nodes[static_cast<std::size_t>(wire.node)].place,
                                "`" + phase_.nodes[static_cast<std::size_t>(wire.node)].name + "` is declared here"});
        }
        if (input.port->kind() != PortKind::Inputs) scope = std::move(own);
      }
    return is_known;
  }

  void solve_node(int index);

  /// The place of what a node refuses: what feeds the input, where the first reader names the output, the parameter's value.
  Place place_at(const ProgramNode& node, const NodeText& text, const std::string& at) const {
    for (const BoundInput& input : node.inputs)
      if (input.port->name() == at && !input.feeds.empty()) return input.feeds[0].place;
    for (const int w : node.wires) {
      const Wire& wire = phase_.wires[static_cast<std::size_t>(w)];
      if (wire.port->name() != at || wire.readers.empty()) continue;
      const Wire::Reader& reader = wire.readers[0];
      const BoundInput& input = phase_.nodes[static_cast<std::size_t>(reader.node)].inputs[static_cast<std::size_t>(reader.input)];
      return input.feeds[static_cast<std::size_t>(reader.member)].place;
    }
    return place_of(text, at);
  }

  void finish_wire(std::size_t k) {
    Wire& wire = phase_.wires[k];
    wire.contract = resolved(solved_[k]);
    const std::int64_t said = bytes_.contains(static_cast<int>(k)) ? bytes_.at(static_cast<int>(k)) : -1;
    std::int64_t bytes = wire.contract.has_shape && !wire.contract.is_open ? bytes_of(wire.contract.dtype) : -1;
    for (const Dim& dim : wire.contract.dims) {
      const bool is_rows = dim.symbol == "N" && wire.origin >= 0;
      const std::int64_t size = is_rows ? phase_.origins[static_cast<std::size_t>(wire.origin)].rows : dim.size;
      bytes = bytes < 0 || size < 0 ? -1 : saturating_product(bytes, size);
    }
    wire.bytes = said >= 0 ? said : bytes;
    wire.is_size_known = wire.bytes >= 0;
    if (!wire.is_size_known) wire.bytes = 0;
  }

  const PhaseText& text_;
  ProgramPhase& phase_;
  PhaseKnown& known_;
  Diagnostics& diagnostics_;
  Dimensions dimensions_;
  std::vector<Solved> solved_;
  std::vector<std::map<std::string, std::int64_t>> facts_;
  std::map<int, std::int64_t> bytes_;
};

/// What a node sees of the solver in its `shapes`.
class NodeShapes final : public Shapes {
 public:
  NodeShapes(ContractSolver& solver, const ProgramNode& node, ContractSolver::Scope& scope) : solver_(solver), node_(node), scope_(scope) {}

  PhaseKind kind() const override { return solver_.phase_.kind; }
  bool is_connected(const Port& port) const override {
    if (!leat::is_output(port.kind())) return !feeds("is_connected", port).empty();
    const std::size_t at = wire("is_connected", port);
    if (!solver_.phase_.wires[at].readers.empty()) return true;
    has_guessed_ = has_guessed_ || solver_.known_.wire_has_more_readers[at];
    return solver_.known_.wire_has_more_readers[at];
  }
  Contract of(const Port& input, int which) const override {
    return solver_.resolved(solver_.solved_[static_cast<std::size_t>(feed("of", input, which).wire)]);
  }
  int count(const Port& inputs) const override { return static_cast<int>(feeds("count", inputs).size()); }
  std::string member(const Port& inputs, int which) const override { return feed("member", inputs, which).member; }
  void set(const Port& output, Contract contract) override { solver_.solved_[wire("set", output)] = solver_.solved(contract, scope_); }
  void set_bytes(const Port& output, std::int64_t bytes) override {
    const std::size_t to = wire("set_bytes", output);
    if (bytes < 0) refuse("set_bytes", "with " + std::to_string(bytes) + " bytes for " + words(output), "but a size cannot be negative");
    solver_.bytes_[static_cast<int>(to)] = bytes;
  }
  void assume_as(const Port& output, const Port& input) override {
    const std::size_t to = wire("assume_as", output);
    const auto from = static_cast<std::size_t>(feed("assume_as", input, 0).wire);
    solver_.solved_[to] = solver_.solved_[from];
    solver_.facts_[to] = solver_.facts_[from];
    if (const auto bytes = solver_.bytes_.find(static_cast<int>(from)); bytes != solver_.bytes_.end())
      solver_.bytes_[static_cast<int>(to)] = bytes->second;
    solver_.phase_.wires[to].is_size_assumed = true;
  }
  void set_fact(const Port& output, const std::string& name, std::int64_t number) override {
    solver_.facts_[wire("set_fact", output)][name] = number;
  }
  std::int64_t fact(const Port& input, const std::string& name, std::int64_t otherwise) const override {
    const std::vector<Feed>& all = feeds("fact", input);
    if (all.empty()) return otherwise;
    const auto& facts = solver_.facts_[static_cast<std::size_t>(all[0].wire)];
    const auto found = facts.find(name);
    return found == facts.end() ? otherwise : found->second;
  }

  void writes(const std::string& place, std::string_view param) override {
    const int node = static_cast<int>(&node_ - solver_.phase_.nodes.data());
    written_.push_back({node, place, place_of(solver_.text_.nodes[static_cast<std::size_t>(node)], std::string(param))});
  }

  /// Where the node said that it writes.
  [[nodiscard]] const std::vector<PhaseKnown::Written>& written() const { return written_; }
  /// Returns true if it was asked for a connection that is not known, so that a refusal may follow from that alone.
  [[nodiscard]] bool has_guessed() const { return has_guessed_; }

 private:
  /// "its input `image`"
  static std::string words(const Port& port) {
    return std::string("its ") + (leat::is_output(port.kind()) ? "output `" : "input `") + std::string(port.name()) + "`";
  }
  [[noreturn]] void refuse(const char* function, const std::string& what, const std::string& why) const {
    throw Refusal("`" + node_.type->id + "` calls `Shapes::" + function + "` " + what + ", " + why);
  }
  void check_own(const char* function, const Port& port) const {
    const auto& ports = leat::is_output(port.kind()) ? node_.node->outputs() : node_.node->inputs();
    const auto index = static_cast<std::size_t>(port.index());
    if (index >= ports.size() || ports[index] != &port)
      refuse(function, "with `" + std::string(port.name()) + "`", "which is not a port of this node");
  }
  [[nodiscard]] const std::vector<Feed>& feeds(const char* function, const Port& port) const {
    check_own(function, port);
    if (leat::is_output(port.kind())) refuse(function, "with " + words(port), "but only an input can be asked for");
    return node_.inputs[static_cast<std::size_t>(port.index())].feeds;
  }
  [[nodiscard]] const Feed& feed(const char* function, const Port& input, int which) const {
    const std::vector<Feed>& all = feeds(function, input);
    if (all.empty()) refuse(function, "with " + words(input), "which is not connected: ask `is_connected` first");
    if (which < 0 || which >= static_cast<int>(all.size()))
      refuse(function, "for value " + std::to_string(which) + " of " + words(input),
             "which has " + std::to_string(all.size()) + (all.size() == 1 ? " value" : " values"));
    return all[static_cast<std::size_t>(which)];
  }
  [[nodiscard]] std::size_t wire(const char* function, const Port& port) const {
    check_own(function, port);
    if (!leat::is_output(port.kind())) refuse(function, "with " + words(port), "but only an output can be set");
    return static_cast<std::size_t>(node_.wires[static_cast<std::size_t>(port.index())]);
  }

  ContractSolver& solver_;
  const ProgramNode& node_;
  ContractSolver::Scope& scope_;
  mutable bool has_guessed_ = false;
  std::vector<PhaseKnown::Written> written_;
};

void ContractSolver::solve_node(int index) {
  const ProgramNode& node = phase_.nodes[static_cast<std::size_t>(index)];
  PhaseKnown::OfNode& known = known_.of(index);
  if (!node.node) return;
  Scope scope;
  // A parameter with a mistake has some other value: it stays a symbol.
  if (known.is_whole)
    for (const ParamPort* param : node.node->params())
      if (const auto whole = param->whole()) scope[std::string(param->name())] = dimensions_.number(*whole);
  const bool is_fed = match_inputs(node, scope);
  known.has_contracts = is_fed && known.is_whole && known.has_inputs && known.has_grain && known.has_origin;
  if (!known.has_contracts) return;
  for (const Port* port : node.node->outputs())
    solved_[static_cast<std::size_t>(node.wires[static_cast<std::size_t>(port->index())])] = solved(port->contract(), scope);
  NodeShapes shapes(*this, node, scope);
  const NodeText& text = text_.nodes[static_cast<std::size_t>(index)];
  Diagnostics refused;
  known.has_contracts = guarded(
      "node.refused", text, node.type->plugin, [&](const std::string& at) { return place_at(node, text, at); }, refused,
      [&] { node.node->shapes(shapes); });
  if (!shapes.has_guessed()) diagnostics_.append(refused);
  known_.written.insert(known_.written.end(), shapes.written().begin(), shapes.written().end());
}

}  // namespace

void solve_contracts(const PhaseText& text, ProgramPhase& phase, PhaseKnown& known, Diagnostics& diagnostics) {
  ContractSolver(text, phase, known, diagnostics).solve();
}

}  // namespace leat::program
