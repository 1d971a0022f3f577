#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "leat/frame.h"

namespace leat {

/// A source whose samples arrive one after another, and whose number of samples is known only at the end of its data. The source derives
/// from this class next to Source, and its `length` is 0. It is the only source of its phase, of kind `predict`, which ends with it.
/// `process` is called only for samples that `count` has counted; the position of a sample is `frame.draw()`.
class StreamsSamples {
 public:
  virtual ~StreamsSamples() = default;
  /// Begins to get samples for step `frame.key().step` and later ones. The node's states are those after the step before, as a checkpoint
  /// has them; in a single step of a preview they are the initial ones. The source calls `arrived`, on any thread, when `count` can return
  /// more than before. [setup]
  virtual void start(Frame& frame, std::function<void()> arrived) = 0;
  /// Returns the number of samples from the begin of the data, but at most `wanted`; fewer: the data end there. Returns nullopt if that is
  /// not known yet. Does not wait for data. Throws the reason if the data cannot be read. [worker]
  [[nodiscard]] virtual std::optional<std::int64_t> count(std::int64_t wanted) = 0;
  /// Ends the stream, also after a failure. `arrived` is not called afterwards. [setup]
  virtual void stop() noexcept = 0;
};

}  // namespace leat
