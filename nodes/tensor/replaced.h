#pragma once

#include <ATen/core/Tensor.h>
#include <utility>
#include <vector>

#include "leat/tensor.h"

namespace leat {

/// Returns the value with each of its tensors replaced. A value without tensors is unchanged.
template <class Replace>
Value replaced(Value value, const Replace& replace) {
  if (value.is<at::Tensor>()) return Value::of<at::Tensor>(replace(value.as<at::Tensor>()));
  std::vector<Value> parts = value.parts();
  if (parts.empty()) return value;
  for (Value& part : parts) part = replaced(std::move(part), replace);
  return value.type().whole(std::move(parts));
}

}  // namespace leat
