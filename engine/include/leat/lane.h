#pragma once

#include <functional>
#include <string>

#include "leat/value.h"

namespace leat {

/// A device's side of a run: one thread, on which segments run one after another in (step, topological) order. Whoever makes a segment
/// ready submits it and never waits for it.
class Lane {
 public:
  virtual ~Lane() = default;

  /// What a checkpoint keeps: `cpu:2`, `cuda:0`.
  [[nodiscard]] virtual std::string name() const = 0;
  /// Returns true if a run that was begun on a lane of this name continues here with the same bits.
  [[nodiscard]] virtual bool continues(const std::string& begun_on) const { return begun_on == name(); }
  /// Where its tensors live: `cpu`, `cuda:0`.
  [[nodiscard]] virtual std::string device() const = 0;
  /// Runs the work on the lane's thread after all that was submitted before. [any thread]
  virtual void submit(std::function<void()> work) = 0;

  // ---- On the lane's thread ----
  /// Before a segment: whether it computes gradients.
  virtual void enter(bool with_gradients) = 0;
  /// A value that comes from the `cpu` lane, as the device's nodes want it.
  [[nodiscard]] virtual Value upload(Value value) = 0;
  /// A value that leaves the segment: on the host, without a graph of gradients. What it needs is finished when this returns.
  [[nodiscard]] virtual Value fetch(Value value) = 0;
};

}  // namespace leat
