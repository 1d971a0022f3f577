#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

namespace leat {

/// Something that gets the operations that a thread asks LibTorch for, before LibTorch does them. [worker]
class CallTaker {
 public:
  /// Does the operation: it replaces the arguments on the stack by results. Operations that it calls itself come to it only if it lets
  /// them.
  virtual void call(const c10::OperatorHandle& operation, torch::jit::Stack& stack) = 0;

 protected:
  ~CallTaker() = default;
};

/// While it lives, the operations of this thread come to a taker. One at a time on a thread.
class TakingCalls {
 public:
  explicit TakingCalls(CallTaker& taker);
  ~TakingCalls();
  TakingCalls(const TakingCalls&) = delete;
  TakingCalls& operator=(const TakingCalls&) = delete;

  /// The taker of this thread, or null.
  [[nodiscard]] static CallTaker* taker();

 private:
  c10::impl::IncludeDispatchKeyGuard included_;
};

/// While it lives, LibTorch does the operations of this thread itself, also if there is a taker.
class LeavingCalls {
 public:
  LeavingCalls();
  LeavingCalls(const LeavingCalls&) = delete;
  LeavingCalls& operator=(const LeavingCalls&) = delete;

 private:
  c10::impl::ExcludeDispatchKeyGuard excluded_;
};

}  // namespace leat
