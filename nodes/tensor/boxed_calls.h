#pragma once

#include <ATen/core/List.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/stack.h>
#include <optional>
#include <string>
#include <string_view>

// Calls of LibTorch's dispatcher, whose arguments are in boxes.
namespace leat {

/// Returns `aten::mul.Tensor`.
[[nodiscard]] std::string name_of(const c10::OperatorHandle& operation);

[[nodiscard]] inline bool has_tensors(const c10::IValue& value) {
  return value.isTensor() || value.isTensorList() || value.isOptionalTensorList();
}

/// Calls `take(tensor)` for each tensor in a value, also for undefined ones.
template <class Take>
void each_tensor(const c10::IValue& value, Take take) {
  if (value.isTensor()) {
    take(value.toTensor());
  } else if (value.isTensorList()) {
    for (const at::Tensor& tensor : value.toTensorVector()) take(tensor);
  } else if (value.isOptionalTensorList()) {
    for (const std::optional<at::Tensor>& tensor : value.toOptionalTensorVector()) take(tensor.value_or(at::Tensor()));
  }
}

/// Returns the value with its tensors replaced, in the order of `each_tensor`.
template <class Replace>
c10::IValue with_tensors(const c10::IValue& value, Replace replace) {
  if (value.isTensor()) return replace(value.toTensor());
  if (value.isTensorList()) {
    c10::List<at::Tensor> out;
    for (const at::Tensor& tensor : value.toTensorVector()) out.push_back(replace(tensor));
    return out;
  }
  if (!value.isOptionalTensorList()) return value;
  c10::List<std::optional<at::Tensor>> out;
  for (const std::optional<at::Tensor>& tensor : value.toOptionalTensorVector()) {
    const at::Tensor other = replace(tensor.value_or(at::Tensor()));
    out.push_back(tensor ? std::optional(other) : std::nullopt);
  }
  return out;
}

/// Returns a value without its tensors: a word for a tensor, the number of tensors for a list.
[[nodiscard]] c10::IValue without_tensors(const c10::IValue& value);
/// Compares two values from `without_tensors`. Numbers are equal if they have the same bits. Values of other kinds, such as random
/// generators, are never equal.
[[nodiscard]] bool is_equal(const c10::IValue& a, const c10::IValue& b);

/// Returns true for one number on the host, which LibTorch makes of a number of C++.
[[nodiscard]] bool is_number(const at::Tensor& tensor);
[[nodiscard]] bool is_same_number(const at::Tensor& a, const at::Tensor& b);

/// Returns true if the operation asks only what a tensor looks like.
[[nodiscard]] bool asks_for_looks(const c10::OperatorHandle& operation);
/// Returns true if the operation changes an argument.
[[nodiscard]] bool writes(const c10::OperatorHandle& operation, std::size_t argument);
/// Returns true for `tensor.to(...)`.
[[nodiscard]] bool is_copy(std::string_view name);
/// Returns true for one number of C++ that becomes a tensor: `at::full({}, number, options)`. Its arguments begin at `first`.
[[nodiscard]] bool is_one_number(std::string_view name, const torch::jit::Stack& stack, std::size_t first);

}  // namespace leat
