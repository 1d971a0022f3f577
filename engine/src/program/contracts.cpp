#include "program/contracts.h"

#include "program/node_shapes.h"

namespace leat::program {

void ContractSolver::solve_node(int index) {
  ProgramNode& node = phase_.nodes[static_cast<std::size_t>(index)];
  PhaseKnown::OfNode& known = known_.of(index);
  if (!node.node) return;
  Scope scope;
  // If a parameter has a mistake, its value is meaningless, so its name stays a symbol.
  if (known.is_whole)
    for (const ParamPort* param : node.node->params()) {
      if (const auto whole = param->whole()) scope[std::string(param->name())] = dimensions_.make(Dim{*whole, {}});
      if (const std::vector<std::string> names = param->given_names(); !names.empty())
        scope[std::string(param->named_symbol())] = dimensions_.make(Dim::named(names, node.node.get(), std::string(param->name())));
    }
  if (known.is_whole)
    for (const ParamPort* param : node.node->params()) {
      if (param->multi_label_symbol().empty()) continue;
      const Dim said = Dim{-1, std::string(param->multi_label_symbol())}.with_multi_label(param->is_multi_label(), node.node.get(),
                                                                                          std::string(param->name()));
      dimensions_.unify(entry(Dim{-1, said.symbol}, scope), dimensions_.make(said));
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
  fields_of_view_.pass_on(node);
  NodeShapes shapes(*this, node, scope);
  const NodeText& text = text_.nodes[static_cast<std::size_t>(index)];
  Diagnostics refused;
  known.has_contracts = guarded(
      "node.refused", text, node.type->plugin, [&](const std::string& at) { return place_at(node, text, at); }, refused,
      [&] { node.node->shapes(shapes); });
  if (!shapes.has_guessed()) diagnostics_.append(refused);
  known_.written.insert(known_.written.end(), shapes.written().begin(), shapes.written().end());
  keep_promises(node);
  if (node.resources.empty()) return;
  for (const int wire : node.wires) {
    std::vector<char> is_named;
    for (const int dim : solved_[static_cast<std::size_t>(wire)].dims) is_named.push_back(dim == rows || dimensions_.dim(dim).names);
    nameable_.push_back({index, wire, std::move(is_named)});
  }
}

std::vector<GuessedNames> ContractSolver::guesses(const Program& program) const {
  std::vector<GuessedNames> out;
  for (const auto& [index, wire, is_named] : nameable_) {
    const std::vector<int> dims = all_dims(solved_[static_cast<std::size_t>(wire)]);
    for (std::size_t axis = 0; axis < dims.size(); ++axis) {
      if (dims[axis] == rows || (axis < is_named.size() && is_named[axis])) continue;
      const std::shared_ptr<const EntryNames> names = dimensions_.dim(dims[axis]).names;
      if (!names) continue;
      const ProgramNode& node = phase_.nodes[static_cast<std::size_t>(index)];
      std::string producer = node.type->id, resource;
      for (const auto& [used, access] : node.resources) {
        producer += " " + program.resources[static_cast<std::size_t>(used)].name;
        if (resource.empty()) resource = program.resources[static_cast<std::size_t>(used)].name;
      }
      out.push_back({producer, std::string(phase_.wires[static_cast<std::size_t>(wire)].port->name()), axis, phase_.name, phase_.kind,
                     node.name, node.place, resource, names});
    }
  }
  return out;
}

std::vector<GuessedNames> solve_contracts(const PhaseText& text, const Program& program, ProgramPhase& phase, PhaseKnown& known,
                                          const NameGivers& givers, Diagnostics& diagnostics) {
  ContractSolver solver(text, phase, known, givers, diagnostics);
  solver.solve();
  return solver.guesses(program);
}

}  // namespace leat::program
