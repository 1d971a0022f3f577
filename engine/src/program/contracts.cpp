#include "program/contracts.h"

#include <algorithm>
#include <map>
#include <optional>

#include "program/configure.h"
#include "program/dimensions.h"
#include "program/edges.h"
#include "program/saturating.h"

namespace leat::program {

namespace {

/// A contract whose dimensions are entries of Dimensions; `rows` is the leading N of step-grain values.
struct Solved {
  Contract contract;
  std::vector<int> dims;
  int entries = -1;  ///< What the values count; -1: nothing.
};

constexpr int rows = -2;

/// Why an edge cannot be, as far as the names of entries say.
struct NamesMistake {
  Dimensions::Fit fit = Dimensions::Fit::Same;
  std::shared_ptr<const EntryNames> given;
  std::shared_ptr<const EntryNames> wanted;
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
        facts_(phase.wires.size()) {}

  void solve() {
    for (const int index : phase_.order) solve_node(index);
    for (std::size_t k = 0; k < phase_.wires.size(); ++k) finish_wire(k);
    for (const auto& [param, entry] : named_) tell_names(*param, entry);
  }
  /// What the outputs of nodes with resources were taken for.
  [[nodiscard]] std::vector<GuessedNames> guesses(const Program& program) const;

 private:
  using Scope = std::map<std::string, int>;
  friend class NodeShapes;

  int entry(const Dim& dim, Scope& scope) {
    if (dim.is_known()) return dimensions_.make(dim);
    if (dim.symbol == "N") return rows;
    if (dim.symbol.empty()) return dimensions_.make(dim);  // Any number; two of them need not be the same.
    const auto found = scope.find(dim.symbol);
    if (found != scope.end()) return found->second;
    return scope[dim.symbol] = dimensions_.make(dim);
  }

  Solved solved(const Contract& contract, Scope& scope) {
    Solved out{contract, {}, -1};
    for (const Dim& dim : contract.dims) out.dims.push_back(entry(dim, scope));
    if (contract.has_entries) out.entries = entry(contract.entries, scope);
    return out;
  }

  /// What a wire gives, in words.
  std::string str(const Solved& solved) const { return resolved(solved).str(); }

  Contract resolved(const Solved& solved) const {
    Contract contract = solved.contract;
    contract.dims.clear();
    for (const int at : solved.dims) contract.dims.push_back(at == rows ? Dim{-1, "N"} : dimensions_.dim(at));
    if (solved.entries >= 0) contract.entries = dimensions_.dim(solved.entries);
    return contract;
  }

  /// One end of an edge.
  struct Ends {
    const Solved& given;
    const Solved& wanted;
    const BoundInput& input;
  };

  /// Returns false, and binds nothing, if the shapes or the names of entries differ. Values whose entries are in another order, or that
  /// lack some of them, are brought into the reader's by `reorders`.
  bool unify(const Ends& ends, std::vector<Reorder>& reorders, NamesMistake& mistake) {
    const std::size_t before = dimensions_.mark();
    if (unify_shapes(ends, reorders, mistake) && unify_entries(ends, reorders, mistake)) return true;
    dimensions_.go_back(before);
    reorders.clear();
    return false;
  }

  bool unify_shapes(const Ends& ends, std::vector<Reorder>& reorders, NamesMistake& mistake) {
    const Solved &given = ends.given, &wanted = ends.wanted;
    if (!given.contract.has_shape || !wanted.contract.has_shape) return true;
    const std::size_t shared = std::min(given.dims.size(), wanted.dims.size());
    if (given.dims.size() > shared && !wanted.contract.is_open) return false;
    if (wanted.dims.size() > shared && !given.contract.is_open) return false;
    for (std::size_t k = 0; k < shared; ++k) {
      if ((given.dims[k] == rows) != (wanted.dims[k] == rows)) return false;
      if (given.dims[k] == rows) continue;
      if (!unify_named(given.dims[k], wanted.dims[k], static_cast<int>(k), ends, reorders, mistake)) return false;
    }
    return true;
  }

  bool unify_entries(const Ends& ends, std::vector<Reorder>& reorders, NamesMistake& mistake) {
    if (ends.given.entries < 0 || ends.wanted.entries < 0) return true;
    return unify_named(ends.given.entries, ends.wanted.entries, Reorder::entries, ends, reorders, mistake);
  }

  bool unify_named(int given, int wanted, int axis, const Ends& ends, std::vector<Reorder>& reorders, NamesMistake& mistake) {
    using Fit = Dimensions::Fit;
    const Fit fit = dimensions_.unify(given, wanted);
    if (fit == Fit::Same) return true;
    if (fit == Fit::OtherSize) return false;
    mistake = {fit, dimensions_.dim(given).names, dimensions_.dim(wanted).names};
    // A set that only judges may lack a class: each of its labels is one that there is.
    const bool is_subset =
        fit == Fit::Subset && axis == Reorder::entries && ends.given.contract.dtype == Dtype::I64 && phase_.kind != PhaseKind::Train;
    if (fit != Fit::OtherOrder && !is_subset) return false;
    const Port& port = *ends.input.port;
    if (!port.type().reorder || (axis != Reorder::entries && port.is(differentiable))) return false;
    reorders.push_back(reorder_of(axis, *mistake.given, *mistake.wanted));
    return true;
  }

  static bool fits(const Contract& given, const Contract& wanted) {
    if (given.dtype != Dtype::Any && wanted.dtype != Dtype::Any && given.dtype != wanted.dtype) return false;
    return !given.has_range || !wanted.has_range || (given.low >= wanted.low && given.high <= wanted.high);
  }

  /// Returns false if something that the node reads is not known, or was refused.
  bool match_inputs(ProgramNode& node, Scope& scope) {
    bool is_known = true;
    for (BoundInput* input : in_matching_order(node))
      for (Feed& feed : input->feeds) is_known = match(node, *input, feed, scope) && is_known;
    return is_known;
  }

  /// The order of entries is that of dimensions, most of all of those through which gradients flow; labels and masks are brought into it.
  static std::vector<BoundInput*> in_matching_order(ProgramNode& node) {
    std::vector<BoundInput*> out;
    for (BoundInput& input : node.inputs) out.push_back(&input);
    const auto rank = [](const BoundInput* input) {
      return input->port->contract().has_entries ? 2 : input->port->is(differentiable) ? 0 : 1;
    };
    std::stable_sort(out.begin(), out.end(), [&](const BoundInput* a, const BoundInput* b) { return rank(a) < rank(b); });
    return out;
  }

  bool match(ProgramNode& node, const BoundInput& input, Feed& feed, Scope& scope) {
    const Wire& wire = phase_.wires[static_cast<std::size_t>(feed.wire)];
    if (!known_.of(wire.node).has_contracts) return false;
    const Solved& given = solved_[static_cast<std::size_t>(feed.wire)];
    // Each member of an Inputs port has a shape of its own.
    Scope own = input.port->kind() == PortKind::Inputs ? Scope() : scope;
    const Solved wanted = solved(input.port->contract(), own);
    if (input.port->kind() != PortKind::Inputs) scope = own;
    const std::string wish = str(wanted);
    NamesMistake mistake;
    const bool is_unified = unify({given, wanted, input}, feed.reorders, mistake);
    if (is_unified && fits(given.contract, input.port->contract())) {
      node.has_reorders = node.has_reorders || !feed.reorders.empty();
      if (mistake.fit == Dimensions::Fit::Subset) warn_of_subset(mistake);
      return true;
    }
    const std::string from = "`" + name_of(phase_, wire) + "`", to = "`" + std::string(input.port->name()) + "` of `" + node.name + "`";
    if (!is_unified && mistake.given) {
      refuse_names(from, to, feed.place, mistake);
      return false;
    }
    diagnostics_.error("contract.broken", feed.place, from + " gives " + str(given) + ", " + to + " takes " + wish)
        .notes.push_back({phase_.nodes[static_cast<std::size_t>(wire.node)].place,
                          "`" + phase_.nodes[static_cast<std::size_t>(wire.node)].name + "` is declared here"});
    return false;
  }

  void refuse_names(const std::string& from, const std::string& to, const Place& place, const NamesMistake& mistake) {
    const auto& [fit, given, wanted] = mistake;
    const bool is_order = fit == Dimensions::Fit::OtherOrder;
    const std::string both = from + " has " + words_of(given->list) + " (" + givers_.words(*given) + "), but " + to + " takes " +
                             words_of(wanted->list) + " (" + givers_.words(*wanted) + ")";
    const std::vector<std::string> lacking = names_without(*wanted, *given);
    Diagnostic& told = diagnostics_.error(is_order ? "names.order" : "names.differ", place, both,
                                          is_order                         ? "values of this type cannot be brought into another order"
                                          : fit == Dimensions::Fit::Subset ? "it lacks " + words_of(lacking)
                                                                           : "both have to have the same names, in any order");
    told.notes.push_back({givers_.place(*given), givers_.words(*given) + " is here"});
    told.notes.push_back({givers_.place(*wanted), givers_.words(*wanted) + " is here"});
  }

  void warn_of_subset(const NamesMistake& mistake) {
    const std::vector<std::string> lacking = names_without(*mistake.wanted, *mistake.given);
    diagnostics_.warning("names.lack", givers_.place(*mistake.given),
                         givers_.words(*mistake.given) + " has no " + words_of(lacking) + ", which " + givers_.words(*mistake.wanted) +
                             " names: figures that need " + (lacking.size() == 1 ? "it" : "them") + " are not defined");
  }

  void tell_names(ParamPort& param, int entry) const {
    const std::shared_ptr<const EntryNames> found = dimensions_.dim(entry).names;
    param.find_names(found ? found->list : param.given_names());
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
  const NameGivers& givers_;
  Diagnostics& diagnostics_;
  Dimensions dimensions_;
  std::vector<Solved> solved_;
  std::vector<std::map<std::string, std::int64_t>> facts_;
  std::map<int, std::int64_t> bytes_;
  std::vector<std::pair<ParamPort*, int>> named_;  ///< Parameters that name a symbol, and its dimension.
  struct Unnamed {
    int node;
    int wire;
    std::size_t axis;
  };
  std::vector<Unnamed> unnamed_;  ///< Dimensions of outputs that had no names when their node was done.
};

/// What a node sees of the solver in its `shapes`.
class NodeShapes final : public Shapes {
 public:
  NodeShapes(ContractSolver& solver, ProgramNode& node, ContractSolver::Scope& scope) : solver_(solver), node_(node), scope_(scope) {}

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

  void cannot_measure(const Metric& metric, const std::string& why) override {
    const auto& own = node_.node->metrics();
    if (std::find(own.begin(), own.end(), &metric) == own.end())
      refuse("cannot_measure", "with `" + std::string(metric.name()) + "`", "which is not a metric of this node");
    node_.undefined[&metric] = why;
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
  ProgramNode& node_;
  ContractSolver::Scope& scope_;
  mutable bool has_guessed_ = false;
  std::vector<PhaseKnown::Written> written_;
};

void ContractSolver::solve_node(int index) {
  ProgramNode& node = phase_.nodes[static_cast<std::size_t>(index)];
  PhaseKnown::OfNode& known = known_.of(index);
  if (!node.node) return;
  Scope scope;
  // A parameter with a mistake has some other value: it stays a symbol.
  if (known.is_whole)
    for (const ParamPort* param : node.node->params()) {
      if (const auto whole = param->whole()) scope[std::string(param->name())] = dimensions_.make(Dim{*whole, {}});
      if (const std::vector<std::string> names = param->given_names(); !names.empty())
        scope[std::string(param->named_symbol())] = dimensions_.make(Dim::named(names, node.node.get(), std::string(param->name())));
    }
  const bool is_fed = match_inputs(node, scope);
  known.has_contracts = is_fed && known.is_whole && known.has_inputs && known.has_grain && known.has_origin;
  if (!known.has_contracts) return;
  for (const Port* port : node.node->outputs())
    solved_[static_cast<std::size_t>(node.wires[static_cast<std::size_t>(port->index())])] = solved(port->contract(), scope);
  for (ParamPort* param : node.node->params()) {
    const auto named = scope.find(std::string(param->named_symbol()));
    if (param->named_symbol().empty() || named == scope.end()) continue;
    tell_names(*param, named->second);
    named_.emplace_back(param, named->second);
  }
  NodeShapes shapes(*this, node, scope);
  const NodeText& text = text_.nodes[static_cast<std::size_t>(index)];
  Diagnostics refused;
  known.has_contracts = guarded(
      "node.refused", text, node.type->plugin, [&](const std::string& at) { return place_at(node, text, at); }, refused,
      [&] { node.node->shapes(shapes); });
  if (!shapes.has_guessed()) diagnostics_.append(refused);
  known_.written.insert(known_.written.end(), shapes.written().begin(), shapes.written().end());
  if (node.resources.empty()) return;
  for (const int wire : node.wires) {
    const Solved& solved = solved_[static_cast<std::size_t>(wire)];
    for (std::size_t axis = 0; axis < solved.dims.size(); ++axis)
      if (solved.dims[axis] != rows && !dimensions_.dim(solved.dims[axis]).names) unnamed_.push_back({index, wire, axis});
  }
}

std::vector<GuessedNames> ContractSolver::guesses(const Program& program) const {
  std::vector<GuessedNames> out;
  for (const auto& [index, wire, axis] : unnamed_) {
    const std::shared_ptr<const EntryNames> names = dimensions_.dim(solved_[static_cast<std::size_t>(wire)].dims[axis]).names;
    if (!names) continue;
    const ProgramNode& node = phase_.nodes[static_cast<std::size_t>(index)];
    std::string producer = node.type->id, resource;
    for (const auto& [used, access] : node.resources) {
      producer += " " + program.resources[static_cast<std::size_t>(used)].name;
      if (resource.empty()) resource = program.resources[static_cast<std::size_t>(used)].name;
    }
    out.push_back({producer, std::string(phase_.wires[static_cast<std::size_t>(wire)].port->name()), axis, phase_.kind, node.name,
                   node.place, resource, names});
  }
  return out;
}

}  // namespace

std::vector<GuessedNames> solve_contracts(const PhaseText& text, const Program& program, ProgramPhase& phase, PhaseKnown& known,
                                          const NameGivers& givers, Diagnostics& diagnostics) {
  ContractSolver solver(text, phase, known, givers, diagnostics);
  solver.solve();
  return solver.guesses(program);
}

}  // namespace leat::program
