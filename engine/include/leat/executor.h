#pragma once

#include <functional>
#include <memory>

namespace leat {

/// What runs bodies: the one seam between a Run and its thread pool. [any thread] but for `start`, which comes first.
class Executor {
 public:
  virtual ~Executor() = default;

  [[nodiscard]] virtual int threads() const = 0;
  /// Makes `stations` places to post to; `body(station)` runs once for each post, any number at once.
  virtual void start(int stations, std::function<void(int station)> body) = 0;
  virtual void post(int station) = 0;
  /// Begins something that ends elsewhere, such as a segment on a device lane: `wait` waits for its `done`. A worker never blocks on it.
  virtual void post_away(std::function<void(std::function<void()> done)> work) = 0;
  /// Returns when nothing posted is left to run.
  virtual void wait() = 0;
};

}  // namespace leat
