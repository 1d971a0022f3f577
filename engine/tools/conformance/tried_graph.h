#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "conformance/phase_weights.h"
#include "conformance/watches.h"
#include "leat/check_behaviour.h"
#include "leat/outcome.h"

namespace leat::conformance {

/// A graph whose first phase is tried. The trials are functions whose names begin with `try_`. Each runs in a child process and returns
/// JSON.
struct TriedGraph {
  const GraphDescription& graph;
  const Registry& registry;
  const ConformanceSettings& settings;
  const Weights& weights;  ///< Weights of the resources at the begin of the phase.
  Page& page;              ///< The page on which the runs write the type of the running node.
  int attempt = 0;         ///< Other samples are dropped in each.
  std::string device = device_of(registry);

  [[nodiscard]] Program build() const { return build(graph); }
  [[nodiscard]] Program build(const GraphDescription& other) const { return build(other, registry); }
  [[nodiscard]] Program build(const GraphDescription& other, const Registry& types) const;
  [[nodiscard]] std::unique_ptr<Lane> lane() const;
  [[nodiscard]] std::unique_ptr<Executor> threads(int count) const;
  [[nodiscard]] RunOptions options(Observer& observer) const { return options(observer, settings.steps); }
  [[nodiscard]] RunOptions options(Observer& observer, std::int64_t steps) const;
  [[nodiscard]] Outcome outcome(int thread_count, Observer& observer) const;
};

/// Returns the type of a node; empty: the program has no such node.
[[nodiscard]] std::string type_of(const Program& program, const std::string& node);

}  // namespace leat::conformance
