#pragma once

#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "leat/diagnostics.h"
#include "leat/value.h"

namespace leat {

/// The nodes of a segment in one step, as a lane sees them.
struct SegmentWork {
  std::string_view phase;
  int segment = 0;
  std::vector<int> rows;  ///< Number of rows of each source in this step.
  /// The nodes give the device the operations of other steps with as many rows: each has equal steps (`Node::has_equal_steps`), no sample
  /// was dropped, and no observer reads values between the nodes.
  bool is_regular = false;
};

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
  /// Chooses how segments run: `plain`, one after another; `async`, as above; or `captured`, which also records the work of a segment and
  /// gives it to the device at once in later steps. All compute the same bits. Throws Refusal if the lane has no such mode. Call it before
  /// the first segment. [setup]
  virtual void set_mode(std::string_view mode) {
    if (mode != "plain") throw Refusal("the lane of `" + name() + "` cannot be `" + std::string(mode) + "`: only that of a GPU can");
  }
  /// Returns true if its thread goes on while the device computes.
  [[nodiscard]] virtual bool is_async() const { return false; }
  /// Returns true if it records the work of segments (`captured`).
  [[nodiscard]] virtual bool captures() const { return false; }
  /// Runs the work on the lane's thread, after all work submitted earlier. [any thread]
  virtual void submit(std::function<void()> work) = 0;

  /// Called before the first segment of each occurrence of a phase, when the device has no work. [one thread]
  virtual void begin_phase() {}

  // ---- On the lane's thread ----
  /// Called before a segment; says whether the segment computes gradients.
  virtual void enter(bool with_gradients) = 0;
  /// Calls `nodes`, which runs the nodes of a segment.
  virtual void run(const SegmentWork&, const std::function<void()>& nodes) { nodes(); }
  /// Returns a sentence for the user that came up in `run`; empty if there is none, or if it was returned before.
  [[nodiscard]] virtual std::string take_note() { return {}; }
  /// Returns a value of the segment that was run last in a form that later segments do not change. The engine calls it after `run`, for
  /// values that leave the segment and for states, also in steps that are not regular.
  [[nodiscard]] virtual Value keep(Value value) { return value; }
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
