#include <ATen/core/Tensor.h>
#include <ATen/record_function.h>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "leat/loss_term.h"
#include "leat/tensor.h"
#include "leat/value.h"
#include "train/update_scope.h"

// Functions that the conformance kit finds by their names, because only LibTorch knows the answers.
namespace leat {
namespace {

/// Number of nested operations of this thread's `update`; -1 outside of one.
thread_local int depth = -1;
std::atomic<std::int64_t> reads{0};

bool is_update(const at::RecordFunction& function) {
  return function.scope() == at::RecordScope::USER_SCOPE && std::string_view(function.name()) == update_scope;
}

/// Counts operations that give a number to the host and that `update` itself calls. ATen's own operations can call them on the CPU only.
std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
  const std::string_view name = function.name();
  if (is_update(function)) depth = 0;
  else if (depth == 0 && (name == "aten::item" || name == "aten::_local_scalar_dense" || name == "aten::is_nonzero")) ++reads;
  if (depth >= 0 && !is_update(function)) ++depth;
  return nullptr;
}

void end(const at::RecordFunction& function, at::ObserverContext*) {
  if (is_update(function)) depth = -1;
  else if (depth > 0) --depth;
}

}  // namespace
}  // namespace leat

/// Returns whether gradients flow through a value: 1, 0, or -1 if that is not known for its type.
extern "C" int leat_nodes_gradient_of(const leat::Value& value) {
  if (value.is<at::Tensor>()) return value.as<at::Tensor>().requires_grad() ? 1 : 0;
  if (value.is<leat::LossTerm>()) return value.as<leat::LossTerm>().sum.requires_grad() ? 1 : 0;
  return -1;
}

/// Watches the calls of `update` of this process from now on.
extern "C" void leat_nodes_watch_updates() {
  at::addGlobalCallback(
      at::RecordFunctionCallback(leat::begin, leat::end).scopes({at::RecordScope::FUNCTION, at::RecordScope::USER_SCOPE}));
}

/// Returns how many numbers the watched calls have read from the device.
extern "C" std::int64_t leat_nodes_numbers_read() { return leat::reads; }
