#pragma once

#include <exception>
#include <functional>

namespace leat {

/// Runs bodies: the one seam between a Run and its thread pool. `start` comes first; the rest is [any thread].
class Executor {
 public:
  virtual ~Executor() = default;

  [[nodiscard]] virtual int threads() const = 0;
  /// Makes `stations` places to post to. `body(station)` runs once for each post, any number at once, and throws nothing. `failed` gets
  /// what a worker throws elsewhere, such as in what it does first.
  virtual void start(int stations, std::function<void(int station)> body, std::function<void(std::exception_ptr)> failed) = 0;
  virtual void post(int station) = 0;
  /// Returns when nothing posted is left to run.
  virtual void wait() = 0;
};

}  // namespace leat
