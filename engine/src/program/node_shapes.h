#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "program/contract_solver.h"

namespace leat::program {

/// The node's view of the solver in `shapes`.
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
  bool equate(const Contract& one, const Contract& other) override { return solver_.equate(one, other); }
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

  void keeps_results() override { node_.keeps_results = true; }

  void is_deterministic() override { node_.is_deterministic = true; }

  void writes(const std::string& place, std::string_view param) override {
    const int node = static_cast<int>(&node_ - solver_.phase_.nodes.data());
    written_.push_back({node, place, place_of(solver_.text_.nodes[static_cast<std::size_t>(node)], std::string(param))});
  }

  void disclose(const std::string& sentence) override {
    solver_.known_.disclosed.push_back("`" + node_.name + "` of `" + solver_.phase_.name + "`: " + sentence);
  }

  void change_field_of_view(const Port& output, const Port& input, const std::string& how) override {
    const int from = feed("change_field_of_view", input, 0).wire;
    solver_.fields_of_view_.change(from, static_cast<int>(wire("change_field_of_view", output)), node_.name, how);
  }
  void check_field_of_view(const Port& one, const Port& other) const override {
    const auto origin = [&](const Feed& read) { return solver_.phase_.wires[static_cast<std::size_t>(read.wire)].origin; };
    const auto name = [](const Port& port, const Feed& read) {
      return "`" + (read.member.empty() ? std::string(port.name()) : read.member) + "`";
    };
    for (const Feed& a : feeds("check_field_of_view", one))
      for (const Feed& b : feeds("check_field_of_view", other))
        if (origin(a) == origin(b)) solver_.fields_of_view_.compare({a.wire, name(one, a)}, {b.wire, name(other, b)}, other.name());
  }

  /// Returns the places that the node has declared with `writes`.
  [[nodiscard]] const std::vector<PhaseKnown::Written>& written() const { return written_; }

  /// Returns true if the node asked about an unknown connection, so its refusal can follow from that alone.
  [[nodiscard]] bool has_guessed() const { return has_guessed_; }

 private:
  /// Returns "its input `image`".
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

}  // namespace leat::program
