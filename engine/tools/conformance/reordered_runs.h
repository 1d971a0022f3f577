#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "conformance/kept_names.h"
#include "conformance/orders.h"
#include "conformance/trial_graphs.h"

namespace leat::conformance {

/// Keeps the outputs in the first step of a phase. [parallel]
class FirstPuts final : public Observer {
 public:
  using Place = std::tuple<std::string, std::string, int>;  ///< Node, port, slot.

  explicit FirstPuts(std::string phase) : phase_(std::move(phase)) {}
  void value_put(const PutValue& put) override {
    if (put.step != 0 || put.phase != phase_) return;
    const std::lock_guard guard(lock_);
    puts_.try_emplace({std::string(put.node), std::string(put.port), put.slot}, put.value);
  }
  /// Returns the values of an output by slot; -1: the value of a whole step.
  [[nodiscard]] BySlot of(const std::string& node, std::string_view port) const {
    BySlot out;
    for (const auto& [place, value] : puts_)
      if (std::get<0>(place) == node && std::get<1>(place) == port) out.emplace(std::get<2>(place), value);
    return out;
  }

 private:
  std::string phase_;
  std::mutex lock_;
  std::map<Place, Value> puts_;
};

/// A run in which a node reads its inputs with their entries, and the names of these, in another order.
struct ReorderedRun {
  Order order;
  std::map<std::string, BySlot> puts;         ///< By output of the node.
  std::map<std::string, Contract> contracts;  ///< By output of the node.
  Metrics metrics;
};

/// The runs in which nodes show whether they keep names: of a graph as it is, and of graphs that differ in one node.
class ReorderedRuns {
 public:
  ReorderedRuns(const GraphDescription& graph, const Registry& registry, const BuildTrial& build, const RunFirstStep& run)
      : graph_(graph), registry_(registry), build_(build), run_(run), program_(build(graph, registry)) {}

  [[nodiscard]] const ProgramPhase& phase() const { return first_phase(program_); }
  [[nodiscard]] const Wire& wire(int index) const { return phase().wires[static_cast<std::size_t>(index)]; }

  /// Runs the graph as it is. Returns its metrics.
  [[nodiscard]] Metrics run_plain(FirstPuts& puts) const;
  /// Runs the graph with the node's inputs in another order. Returns nullopt, and the reason, if there is no such graph.
  [[nodiscard]] std::optional<ReorderedRun> run_in(const ProgramNode& node, const Names& names, const Order& order,
                                                   std::string& why_not) const;
  /// Returns true if the output of a second such node, whose random numbers are others, can differ.
  [[nodiscard]] bool draws(const ProgramNode& node, const std::string& port, const BySlot& before) const;

 private:
  const GraphDescription& graph_;
  const Registry& registry_;
  const BuildTrial& build_;
  const RunFirstStep& run_;
  Program program_;
};

}  // namespace leat::conformance
