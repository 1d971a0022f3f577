#pragma once

#include <ATen/core/Tensor.h>
#include <torch/headeronly/version.h>

#include "leat/state.h"
#include "leat/value.h"

namespace leat {

LEAT_SAYS(leat_says_tensor, "value tensor=LibTorch " TORCH_VERSION);

/// Tensors flow as themselves. The hash is of the element type, shape and content, read on the host.
template <>
struct ValueTraits<at::Tensor> {
  static constexpr std::string_view name = "tensor";
  static std::size_t bytes(const at::Tensor& tensor);
  static std::uint64_t hash(const at::Tensor& tensor);
  static std::vector<std::uint64_t> hash_rows(const at::Tensor& tensor);
  static std::string describe(const at::Tensor& tensor);
  static Contract contract(const at::Tensor& tensor);
  static at::Tensor blank(const Contract& contract);
  /// Gradients flow through a new order of a dimension; numbers that count entries become those of the new places.
  static at::Tensor reorder(const at::Tensor& tensor, const Reorder& order);
};

/// An archive's entry of a tensor (on the host), and back.
[[nodiscard]] Archive::Entry archive_entry(const at::Tensor& tensor);
[[nodiscard]] at::Tensor from_entry(const Archive::Entry& entry);

/// A tensor as a node's state: what is kept never aliases what the node goes on to change, for a node puts a new tensor in its place.
template <>
struct StateTraits<at::Tensor> {
  static void save(Archive& archive, const std::string& name, const at::Tensor& value) { archive.put(name, archive_entry(value)); }
  static void load(const Archive& archive, const std::string& name, at::Tensor& value) {
    value = from_entry(archive.entry(name)).to(value.device());
  }
};

}  // namespace leat
