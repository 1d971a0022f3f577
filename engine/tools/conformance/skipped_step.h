#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "conformance/living_rows.h"
#include "leat/observer.h"
#include "leat/program.h"

namespace leat::conformance {

/// Hashes of all resources at the begin of a training step on the device lane. [one thread], that of the device lane.
class StepResources final : public Observer {
 public:
  /// Observes the program's train phase. `act` is called at the begin of the step, before the hashes are taken.
  StepResources(Program& program, std::int64_t step, std::function<void()> act = {});
  void segment_begins(const SegmentCall& call) override;

  /// Returns true if the step began, and the resource's contents are not those of then.
  [[nodiscard]] bool has_changed(std::size_t resource) const;
  [[nodiscard]] bool has_begun() const { return !before_.empty(); }

 private:
  Program& program_;
  std::string phase_;
  std::int64_t step_;
  std::function<void()> act_;
  std::map<std::size_t, std::uint64_t> before_;
};

/// A resource that changes others in training, such as an optimizer, and those that it changes.
struct Changer {
  std::size_t resource;
  std::set<std::size_t> weights;
};
/// Returns the resources with one of `types` that change others.
[[nodiscard]] std::vector<Changer> changers(const Program& program, const std::set<std::string>& types);

/// Writes NaN to the first number of each float entry of the resources that others change.
void poison_weights(Program& program);

/// Returns the train graph with a node before the one that changes the weights of `changer`, which makes the gradient of one single number
/// infinite in `step`, and no value. Nullopt if the types have no such node, or if the changing node does not read one loss.
[[nodiscard]] std::optional<GraphDescription> with_infinite_gradient(const GraphDescription& graph, const Program& program,
                                                                     const Registry& registry, const Changer& changer, std::int64_t step);

/// Counts the numbers that optimizers read from the device in `update`, from its construction on. Only the library of nodes can count them;
/// without it, there are none.
class NumbersRead {
 public:
  NumbersRead();
  [[nodiscard]] std::int64_t count() const { return count_ ? count_() : 0; }

 private:
  std::int64_t (*count_)();
};

/// Returns the name of the node that changes weights through the changer; empty: there is none.
[[nodiscard]] std::string step_node(const Program& program, const Changer& changer);

/// Returns the resources that changed in a skipped step, as words; empty: none.
[[nodiscard]] std::string changed_words(const Program& program, const StepResources& resources, const Changer& changer);

}  // namespace leat::conformance
