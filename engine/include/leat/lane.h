#pragma once

#include <exception>
#include <functional>
#include <string>
#include <string_view>

#include "leat/diagnostics.h"
#include "leat/value.h"

namespace leat {

/// The device of a run: one thread that runs segments one after another, in (step, topological) order. The thread that makes a segment
/// ready submits it, and does not wait. A lane can be asynchronous: then its thread only gives work to the device and goes on to the next
/// segment, and values are read when the device has computed them.
class Lane {
 public:
  virtual ~Lane() = default;

  /// Name that a checkpoint stores: `cpu:2`, `cuda:0`.
  [[nodiscard]] virtual std::string name() const = 0;
  /// Returns true if a run that began on the lane of this name continues here bit for bit.
  [[nodiscard]] virtual bool continues(const std::string& begun_on) const { return begun_on == name(); }
  /// Device of its tensors: `cpu`, `cuda:0`.
  [[nodiscard]] virtual std::string device() const = 0;
  /// Chooses how segments run: `plain`, one after another; or `async`, as above. Both compute the same bits. Throws Refusal if the lane has
  /// no such mode. Call it before the first segment. [setup]
  virtual void set_mode(std::string_view mode) {
    if (mode != "plain") throw Refusal("the lane of `" + name() + "` cannot be `" + std::string(mode) + "`: only that of a GPU can");
  }
  /// Returns true if its thread goes on while the device computes.
  [[nodiscard]] virtual bool is_async() const { return false; }
  /// Runs the work on the lane's thread, after all work submitted earlier. [any thread]
  virtual void submit(std::function<void()> work) = 0;

  // ---- On the lane's thread ----
  /// Called before a segment; says whether the segment computes gradients.
  virtual void enter(bool with_gradients) = 0;
  /// Returns a value of the `cpu` lane in the form that the device's nodes take.
  [[nodiscard]] virtual Value upload(Value value) = 0;
  /// Calls `done` once the device has computed all that was given to it so far: at once, or on another thread of the lane, in the order of
  /// these calls. `done` gets the device's error, or null. It must not throw.
  virtual void when_done(std::function<void(std::exception_ptr)> done) { done(nullptr); }

  // ---- On the lane's thread, and on any thread for values that the device has computed ----
  /// Returns a value that leaves the segment on the host, without a graph of gradients. Its computation is finished on return.
  [[nodiscard]] virtual Value fetch(Value value) = 0;
  /// Does work that reads such values, on the calling thread, so that the reading does not wait for later segments.
  virtual void read(const std::function<void()>& work) { work(); }
  /// Returns true if a fault of the device threw this. Such a fault is told by whatever asks the device next, not by what caused it.
  [[nodiscard]] virtual bool is_device_fault(const std::exception_ptr&) const { return false; }
};

}  // namespace leat
