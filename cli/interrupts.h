#pragma once

#include <functional>
#include <thread>

namespace leat::cli {

/// Ctrl-C (and SIGTERM): the first calls `stop`, the second ends the process at once with 130. Make it before any other thread, which
/// inherit that they do not take these signals.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  void watch(std::function<void()> stop);

 private:
  std::thread thread_;
};

}  // namespace leat::cli
