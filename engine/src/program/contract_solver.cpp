#include "program/contract_solver.h"

#include <algorithm>
#include <memory>

#include "program/saturating.h"

namespace leat::program {

namespace {

bool fits(const Contract& given, const Contract& wanted) {
  if (given.or_unknown && !wanted.or_unknown) return false;
  if (!is_within(given.dtype, wanted.dtype)) return false;
  return !given.has_range || !wanted.has_range || (given.low >= wanted.low && given.high <= wanted.high);
}

/// Returns the inputs in the order in which they define names. Dimensions come first, of these the differentiable ones. Labels and masks
/// come last, because their entries can be reordered.
std::vector<BoundInput*> in_matching_order(ProgramNode& node) {
  std::vector<BoundInput*> out;
  for (BoundInput& input : node.inputs) out.push_back(&input);
  const auto rank = [](const BoundInput* input) {
    return input->port->contract().has_entries ? 2 : input->port->is(differentiable) ? 0 : 1;
  };
  std::stable_sort(out.begin(), out.end(), [&](const BoundInput* a, const BoundInput* b) { return rank(a) < rank(b); });
  return out;
}

}  // namespace

void ContractSolver::solve() {
  for (const int index : phase_.order) solve_node(index);
  for (std::size_t k = 0; k < phase_.wires.size(); ++k) finish_wire(k);
  for (const auto& [param, entry] : named_) tell_names(*param, entry);
}

int ContractSolver::entry(const Dim& dim, Scope& scope) {
  if (dim.link.in == dimensions_.tag()) return linked_entry(dim);
  if (dim.is_known()) return dimensions_.make(dim);
  if (dim.symbol == "N") return rows;
  if (dim.symbol.empty()) return dimensions_.make(dim);  // Any size; two of them can differ.
  const auto found = scope.find(dim.symbol);
  if (found != scope.end()) return found->second;
  return scope[dim.symbol] = dimensions_.make(dim);
}

int ContractSolver::linked_entry(const Dim& dim) {
  const Dim now = dimensions_.dim(dim.link.at);
  const bool has_names = dim.names == now.names || (dim.names && !now.names);
  const bool has_multi_label = dim.multi_label == now.multi_label || (dim.multi_label && !now.multi_label);
  if (dim.size != now.size || dim.symbol != now.symbol || !has_names || !has_multi_label) return dimensions_.make(dim);
  if (dim.names == now.names && dim.multi_label == now.multi_label) return dim.link.at;
  const int made = dimensions_.make(dim);
  dimensions_.unify(dim.link.at, made);
  return made;
}

Solved ContractSolver::solved(const Contract& contract, Scope& scope) {
  Solved out{contract, {}, -1, -1};
  for (const Dim& dim : contract.dims) out.dims.push_back(entry(dim, scope));
  if (contract.has_entries) out.entries = entry(contract.entries, scope);
  if (contract.has_shape && contract.is_open) {
    const bool is_copy = contract.open.in == dimensions_.tag() && tails_.at(contract.open.at).from == out.dims.size();
    out.tail = is_copy ? contract.open.at : tails_.make(out.dims.size());
  }
  return out;
}

std::vector<int> ContractSolver::all_dims(const Solved& solved) const {
  std::vector<int> out = solved.dims;
  if (solved.tail < 0) return out;
  const std::vector<int>& taken = tails_.at(solved.tail).dims;
  out.insert(out.end(), taken.begin(), taken.end());
  return out;
}

bool ContractSolver::is_open(const Solved& solved) const {
  return solved.contract.is_open && (solved.tail < 0 || tails_.at(solved.tail).is_open);
}

void ContractSolver::close(const Solved& given, const std::vector<int>& wanted, bool is_wanted_open, const std::string& reader,
                           const Place& place) {
  if (given.tail >= 0) tails_.close(given.tail, wanted, is_wanted_open, reader, place);
}

bool ContractSolver::equate(const Contract& one, const Contract& other) {
  Scope none;
  const Solved a = solved(one, none), b = solved(other, none);
  const std::vector<int> of_a = all_dims(a), of_b = all_dims(b);
  if ((of_a.size() > of_b.size() && !is_open(b)) || (of_b.size() > of_a.size() && !is_open(a))) return false;
  for (std::size_t k = 0; k < std::min(of_a.size(), of_b.size()); ++k) {
    if ((of_a[k] == rows) != (of_b[k] == rows)) return false;
    if (of_a[k] != rows && dimensions_.unify(of_a[k], of_b[k]) != Dimensions::Fit::Same) return false;
  }
  const bool are_open = is_open(a) && is_open(b);
  close(a, of_b, are_open, {}, {});
  close(b, of_a, are_open, {}, {});
  if (a.tail >= 0 && b.tail >= 0) tails_.join(a.tail, b.tail);
  return true;
}

Contract ContractSolver::resolved(const Solved& solved) const {
  Contract contract = with_dims(solved, solved.dims);
  if (solved.tail >= 0) contract.open = {dimensions_.tag(), solved.tail};
  return contract;
}

Contract ContractSolver::with_tail(const Solved& solved) const {
  Contract contract = with_dims(solved, all_dims(solved));
  contract.is_open = is_open(solved);
  return contract;
}

Contract ContractSolver::with_dims(const Solved& solved, const std::vector<int>& dims) const {
  Contract contract = solved.contract;
  contract.open = {};
  contract.dims.clear();
  for (const int at : dims) contract.dims.push_back(at == rows ? Dim{-1, "N"} : dimensions_.dim(at));
  if (solved.entries >= 0) contract.entries = dimensions_.dim(solved.entries);
  return contract;
}

bool ContractSolver::unify(const Ends& ends, std::vector<Reorder>& reorders, EntriesMistake& mistake) {
  const std::size_t before = dimensions_.mark();
  if (unify_shapes(ends, reorders, mistake) && unify_entries(ends, reorders, mistake)) return true;
  dimensions_.go_back(before);
  reorders.clear();
  return false;
}

bool ContractSolver::unify_shapes(const Ends& ends, std::vector<Reorder>& reorders, EntriesMistake& mistake) {
  const Solved &given = ends.given, &wanted = ends.wanted;
  if (!given.contract.has_shape || !wanted.contract.has_shape) return true;
  const std::vector<int> of_given = all_dims(given);
  const std::size_t shared = std::min(of_given.size(), wanted.dims.size());
  if (of_given.size() > shared && !wanted.contract.is_open) return false;
  if (wanted.dims.size() > shared && !is_open(given)) return false;
  for (std::size_t k = 0; k < shared; ++k) {
    if ((of_given[k] == rows) != (wanted.dims[k] == rows)) return false;
    if (of_given[k] == rows) continue;
    if (!unify_named(of_given[k], wanted.dims[k], static_cast<int>(k), ends, reorders, mistake)) return false;
  }
  return true;
}

bool ContractSolver::unify_entries(const Ends& ends, std::vector<Reorder>& reorders, EntriesMistake& mistake) {
  if (ends.given.entries < 0 || ends.wanted.entries < 0) return true;
  return unify_named(ends.given.entries, ends.wanted.entries, Reorder::entries, ends, reorders, mistake);
}

bool ContractSolver::unify_named(int given, int wanted, int axis, const Ends& ends, std::vector<Reorder>& reorders,
                                 EntriesMistake& mistake) {
  using Fit = Dimensions::Fit;
  const Fit fit = dimensions_.unify(given, wanted);
  if (fit == Fit::Same) return true;
  if (fit == Fit::OtherSize) return false;
  mistake = {fit, dimensions_.dim(given), dimensions_.dim(wanted)};
  mistake.given.names = dimensions_.names(given);
  mistake.wanted.names = dimensions_.names(wanted);
  if (fit == Fit::OtherMultiLabel) return false;
  // A data set for evaluation can lack a class, because each of its labels still has a name that the reader knows.
  const bool is_subset =
      fit == Fit::Subset && axis == Reorder::entries && ends.given.contract.dtype == Dtype::I64 && phase_.kind != PhaseKind::Train;
  if (fit != Fit::OtherOrder && !is_subset) return false;
  const Port& port = *ends.input.port;
  if (!port.type().reorder || (axis != Reorder::entries && port.is(differentiable))) return false;
  reorders.push_back(reorder_of(axis, *mistake.given.names, *mistake.wanted.names));
  return true;
}

bool ContractSolver::match_inputs(ProgramNode& node, Scope& scope) {
  bool is_known = true;
  told_.clear();
  is_multi_label_told_ = false;
  for (BoundInput* input : in_matching_order(node))
    for (Feed& feed : input->feeds) is_known = match(node, *input, feed, scope) && is_known;
  return is_known;
}

bool ContractSolver::match(ProgramNode& node, const BoundInput& input, Feed& feed, Scope& scope) {
  const Wire& wire = phase_.wires[static_cast<std::size_t>(feed.wire)];
  if (!known_.of(wire.node).has_contracts) return false;
  const Solved& given = solved_[static_cast<std::size_t>(feed.wire)];
  // Each member of an Inputs port can have another shape.
  Scope own = input.port->kind() == PortKind::Inputs ? Scope() : scope;
  const Solved wanted = solved(input.port->contract(), own);
  if (input.port->kind() != PortKind::Inputs) scope = own;
  const std::string wish = str(wanted);
  const std::string from = "`" + name_of(phase_, wire) + "`", to = "`" + std::string(input.port->name()) + "` of `" + node.name + "`";
  EntriesMistake mistake;
  const bool is_unified = unify({given, wanted, input}, feed.reorders, mistake);
  if (is_unified && fits(given.contract, input.port->contract())) {
    if (given.contract.has_shape && wanted.contract.has_shape) close(given, wanted.dims, wanted.contract.is_open, to, feed.place);
    node.has_reorders = node.has_reorders || !feed.reorders.empty();
    if (mistake.fit == Dimensions::Fit::Subset) warn_of_subset(mistake);
    return true;
  }
  if (!is_unified && mistake.fit == Dimensions::Fit::OtherMultiLabel) {
    // If logits and labels differ from what a node says in the same way, that is one mistake.
    if (!std::exchange(is_multi_label_told_, true)) refuse_multi_label(from, to, feed.place, mistake);
    return false;
  }
  if (!is_unified && mistake.is_of_names()) {
    const auto lists = std::pair(mistake.given.names->list, mistake.wanted.names->list);
    if (std::find(told_.begin(), told_.end(), lists) == told_.end()) refuse_names(from, to, feed.place, *input.port, mistake);
    told_.push_back(lists);
    return false;
  }
  // Where rows are paired, the missing rows were reported.
  const bool wants_rows = !wanted.dims.empty() && wanted.dims[0] == rows && !input.port->is(any_rows);
  if (wants_rows && wire.grain == Grain::Step && wire.origin < 0) return false;
  const OpenTails::Tail* tail = given.tail < 0 ? nullptr : &tails_.at(given.tail);
  const bool is_of_reader = tail && !tail->reader.empty();
  const std::string gives = is_of_reader ? " is " + str(given) + " for " + tail->reader : " outputs " + str(given);
  const bool is_of_unknown = is_unified && given.contract.or_unknown && !input.port->contract().or_unknown;
  const bool is_of_depth =
      is_unified && input.port->type().name == "image" && !is_within(given.contract.dtype, input.port->contract().dtype);
  const char* hint = is_of_depth ? "put `image.window` between them, with the `depth` that the input takes"
                     : is_of_unknown
                         ? "some labels or masks of the data are unknown, and this input would read them as values that are known"
                         : "";
  Diagnostic& told = diagnostics_.error("contract.broken", feed.place, from + gives + ", but " + to + " takes " + wish, hint);
  told.notes.push_back({phase_.nodes[static_cast<std::size_t>(wire.node)].place,
                        "`" + phase_.nodes[static_cast<std::size_t>(wire.node)].name + "` is declared here"});
  if (is_of_reader) told.notes.push_back({tail->place, tail->reader + " is connected here"});
  return false;
}

void ContractSolver::refuse_names(const std::string& from, const std::string& to, const Place& place, const Port& port,
                                  const EntriesMistake& mistake) {
  const Dimensions::Fit fit = mistake.fit;
  const auto &given = mistake.given.names, &wanted = mistake.wanted.names;
  const bool is_order = fit == Dimensions::Fit::OtherOrder;
  const std::string both = from + " has " + words_of(given->list) + " (" + givers_.words(*given) + "), but " + to + " takes " +
                           words_of(wanted->list) + " (" + givers_.words(*wanted) + ")";
  const std::vector<std::string> lacking = names_without(*wanted, *given);
  Diagnostic& told =
      diagnostics_.error(is_order ? "names.order" : "names.differ", place, both,
                         is_order && port.type().reorder  ? "gradients flow through this input, so it must have the same order at both ends"
                         : is_order                       ? "values of this type cannot be reordered"
                         : fit == Dimensions::Fit::Subset ? "it lacks " + words_of(lacking)
                                                          : "both must have the same names, in any order");
  told.notes.push_back({givers_.place(*given), givers_.words(*given) + " is here"});
  told.notes.push_back({givers_.place(*wanted), givers_.words(*wanted) + " is here"});
}

void ContractSolver::refuse_multi_label(const std::string& from, const std::string& to, const Place& place, const EntriesMistake& mistake) {
  const MultiLabel &given = *mistake.given.multi_label, &wanted = *mistake.wanted.multi_label;
  const auto count = [](const MultiLabel& one) { return one.is_on ? "several entries at once" : "exactly one entry"; };
  const auto words = [&](const MultiLabel& one) { return givers_.words(EntryNames{{}, one.by, one.param}); };
  Diagnostic& told = diagnostics_.error(
      "entries.several", place,
      from + " has " + count(given) + " (" + words(given) + "), but " + to + " takes " + count(wanted) + " (" + words(wanted) + ")",
      "both ends must say the same: findings that can occur together, or classes that exclude each other");
  for (const MultiLabel* one : {&given, &wanted})
    told.notes.push_back({givers_.place(EntryNames{{}, one->by, one->param}), words(*one) + " is here"});
}

void ContractSolver::warn_of_subset(const EntriesMistake& mistake) {
  const auto &given = mistake.given.names, &wanted = mistake.wanted.names;
  const std::vector<std::string> lacking = names_without(*wanted, *given);
  diagnostics_.warning("names.lack", givers_.place(*given),
                       givers_.words(*given) + " has no " + words_of(lacking) + ", which " + givers_.words(*wanted) +
                           " names: metrics that need " + (lacking.size() == 1 ? "it" : "them") +
                           " are undefined, except `balanced_accuracy`, which leaves out such a class, and `f1_NAME`, which is 0 if it is "
                           "predicted");
}

void ContractSolver::tell_names(ParamPort& param, int entry) const {
  const std::shared_ptr<const EntryNames> found = dimensions_.dim(entry).names;
  param.find_names(found ? found->list : param.given_names());
}

Place ContractSolver::place_at(const ProgramNode& node, const NodeText& text, const std::string& at) const {
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

void ContractSolver::keep_promises(const ProgramNode& node) {
  for (const int index : node.wires) {
    Wire& wire = phase_.wires[static_cast<std::size_t>(index)];
    const Solved& own = solved_[static_cast<std::size_t>(index)];
    wire.promised = resolved(own);
    for (std::size_t axis = 0; axis < own.dims.size(); ++axis) {
      if (own.dims[axis] == rows || wire.promised.dims[axis].is_known()) continue;
      for (std::size_t input = 0; input < node.inputs.size(); ++input)
        for (std::size_t member = 0; member < node.inputs[input].feeds.size(); ++member) {
          const auto read = static_cast<std::size_t>(node.inputs[input].feeds[member].wire);
          const std::vector<int>& dims = solved_[read].dims;
          for (std::size_t k = 0; k < dims.size(); ++k)
            if (dims[k] != rows && dimensions_.is_same(dims[k], own.dims[axis]))
              wire.follows.push_back({static_cast<int>(axis), static_cast<int>(input), static_cast<int>(member), static_cast<int>(k)});
        }
    }
  }
}

void ContractSolver::finish_wire(std::size_t k) {
  Wire& wire = phase_.wires[k];
  wire.contract = with_tail(solved_[k]);
  wire.facts = facts_[k];
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

}  // namespace leat::program
