#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "leat/observer.h"
#include "leat/outcome.h"
#include "leat/program.h"

namespace leat::conformance {

/// Finds out which values of a training's first step have a gradient. Only the library of nodes knows that; without it, no value is known.
/// [parallel]
class Gradients final : public Observer {
 public:
  explicit Gradients(const ProgramPhase& phase);
  void value_put(const PutValue& put) override;

  /// Returns the nodes of `types` that read a value with a gradient through a port for gradients, but have none in such an output.
  [[nodiscard]] std::vector<Finding> cut(const std::set<std::string>& types) const;

 private:
  [[nodiscard]] bool has(const Wire& wire, bool wanted) const;

  const ProgramPhase& phase_;
  int (*gradient_of_)(const Value&);
  std::mutex lock_;
  std::map<std::pair<std::string, std::string>, bool> known_;  ///< By node and port.
};

/// Returns true if the node changes weights in training, so that it fails if no gradient reaches them.
[[nodiscard]] bool changes_weights(const ProgramPhase& phase, const std::string& node);

}  // namespace leat::conformance
