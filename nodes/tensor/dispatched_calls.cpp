#include "tensor/dispatched_calls.h"

#include <torch/library.h>
#include <memory>

// LibTorch's dispatcher looks at a list of keys before it calls the kernel of an operation. `TESTING_ONLY_GenericMode` is the first of them
// that nothing else uses, and comes before those of gradients. While it is switched on for a thread, each operation comes here first, with
// its arguments in boxes.
namespace leat {

namespace {

constexpr auto key = c10::DispatchKey::TESTING_ONLY_GenericMode;

thread_local CallTaker* taker_here = nullptr;

void on_call(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
  if (taker_here) return taker_here->call(operation, *stack);
  const LeavingCalls leaving;
  operation.callBoxed(stack);
}

/// Registers `on_call`, once per process, and returns the key.
c10::DispatchKey registered_key() {
  static const auto library = [] {
    auto out = std::make_unique<torch::Library>(torch::Library::IMPL, "_", key, __FILE__, __LINE__);
    out->fallback(torch::CppFunction::makeFromBoxedFunction<&on_call>());
    return out;
  }();
  static_cast<void>(library);
  return key;
}

}  // namespace

TakingCalls::TakingCalls(CallTaker& taker) : included_(registered_key()) { taker_here = &taker; }

TakingCalls::~TakingCalls() { taker_here = nullptr; }

CallTaker* TakingCalls::taker() { return taker_here; }

LeavingCalls::LeavingCalls() : excluded_(key) {}

}  // namespace leat
