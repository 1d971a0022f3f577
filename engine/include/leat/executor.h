#pragma once

#include <exception>
#include <functional>

namespace leat {

/// The thread pool of a Run: runs bodies on its workers. `start` is called first; all other functions are [any thread].
class Executor {
 public:
  virtual ~Executor() = default;

  [[nodiscard]] virtual int threads() const = 0;
  /// Creates stations 0 to `stations` - 1 to post to. `body(station)` runs once per post, any number at once, and throws nothing. `failed`
  /// takes exceptions that a worker throws outside of a body, for example in its first function.
  virtual void start(int stations, std::function<void(int station)> body, std::function<void(std::exception_ptr)> failed) = 0;
  virtual void post(int station) = 0;
  /// Returns when all posts have run.
  virtual void wait() = 0;
};

}  // namespace leat
