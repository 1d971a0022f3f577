#include "tensor/boxed_calls.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace leat {

std::string name_of(const c10::OperatorHandle& operation) {
  const c10::OperatorName& name = operation.operator_name();
  return name.overload_name.empty() ? name.name : name.name + "." + name.overload_name;
}

c10::IValue without_tensors(const c10::IValue& value) {
  if (!has_tensors(value)) return value;
  // No operation of LibTorch takes this word.
  if (value.isTensor()) return value.toTensor().defined() ? c10::IValue("a tensor of the step") : c10::IValue();
  std::int64_t count = 0;
  each_tensor(value, [&count](const at::Tensor&) { ++count; });
  return count;
}

bool is_equal(const c10::IValue& a, const c10::IValue& b) {
  if (a.isDouble() && b.isDouble()) {
    const double x = a.toDouble(), y = b.toDouble();
    return std::memcmp(&x, &y, sizeof x) == 0;
  }
  if (a.isInt() && b.isInt()) return a.toInt() == b.toInt();
  if (a.isBool() && b.isBool()) return a.toBool() == b.toBool();
  if (a.isString() && b.isString()) return a.toStringRef() == b.toStringRef();
  if (a.isDevice() && b.isDevice()) return a.toDevice() == b.toDevice();
  if (a.isList() && b.isList()) {
    const auto x = a.toListRef(), y = b.toListRef();
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), is_equal);
  }
  return a.isNone() && b.isNone();
}

bool is_number(const at::Tensor& tensor) { return tensor.defined() && tensor.device().is_cpu() && tensor.dim() == 0; }

bool is_same_number(const at::Tensor& a, const at::Tensor& b) {
  return a.scalar_type() == b.scalar_type() && std::memcmp(a.const_data_ptr(), b.const_data_ptr(), a.element_size()) == 0;
}

bool asks_for_looks(const c10::OperatorHandle& operation) {
  const auto& returns = operation.schema().returns();
  const bool returns_tensors = std::any_of(returns.begin(), returns.end(), [](const c10::Argument& one) {
    return one.type()->kind() == c10::TypeKind::TensorType ||
           (one.type()->kind() == c10::TypeKind::ListType && one.type()->str().find("Tensor") != std::string::npos);
  });
  if (returns.empty() || returns_tensors) return false;
  static constexpr std::array names{"size",      "stride",      "sym_size",   "sym_stride",        "sym_numel", "sym_storage_offset",
                                    "is_leaf",   "output_nr",   "is_complex", "is_floating_point", "is_signed", "is_same_size",
                                    "is_pinned", "result_type", "can_cast",   "_version"};
  const std::string& name = operation.operator_name().name;
  return name.starts_with("aten::") && std::find(names.begin(), names.end(), name.substr(6)) != names.end();
}

bool writes(const c10::OperatorHandle& operation, std::size_t argument) {
  const auto* alias = operation.schema().arguments()[argument].alias_info();
  return alias && alias->isWrite();
}

bool is_copy(std::string_view name) { return name.starts_with("aten::to.") || name == "aten::_to_copy"; }

bool is_one_number(std::string_view name, const torch::jit::Stack& stack, std::size_t first) {
  return name == "aten::full" && stack[first].isIntList() && stack[first].toIntVector().empty();
}

}  // namespace leat
