#pragma once

#include <functional>
#include <string>

#include "leat/value.h"

namespace leat {

/// The device of a run: one thread that runs segments one after another, in (step, topological) order. The thread that makes a segment
/// ready submits it, and does not wait.
class Lane {
 public:
  virtual ~Lane() = default;

  /// Name that a checkpoint stores: `cpu:2`, `cuda:0`.
  [[nodiscard]] virtual std::string name() const = 0;
  /// Returns true if a run that began on the lane of this name continues here bit for bit.
  [[nodiscard]] virtual bool continues(const std::string& begun_on) const { return begun_on == name(); }
  /// Device of its tensors: `cpu`, `cuda:0`.
  [[nodiscard]] virtual std::string device() const = 0;
  /// Runs the work on the lane's thread, after all work submitted earlier. [any thread]
  virtual void submit(std::function<void()> work) = 0;

  // ---- On the lane's thread ----
  /// Called before a segment; says whether the segment computes gradients.
  virtual void enter(bool with_gradients) = 0;
  /// Returns a value of the `cpu` lane in the form that the device's nodes take.
  [[nodiscard]] virtual Value upload(Value value) = 0;
  /// Returns a value that leaves the segment on the host, without a graph of gradients. Its computation is finished on return.
  [[nodiscard]] virtual Value fetch(Value value) = 0;
};

}  // namespace leat
