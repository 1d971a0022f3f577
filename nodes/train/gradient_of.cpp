#include <ATen/core/Tensor.h>

#include "leat/loss_term.h"
#include "leat/tensor.h"
#include "leat/value.h"

/// Tells the conformance kit whether gradients flow through a value: 1, 0, or -1 if that is not known for its type.
extern "C" int leat_nodes_gradient_of(const leat::Value& value) {
  if (value.is<at::Tensor>()) return value.as<at::Tensor>().requires_grad() ? 1 : 0;
  if (value.is<leat::LossTerm>()) return value.as<leat::LossTerm>().sum.requires_grad() ? 1 : 0;
  return -1;
}
