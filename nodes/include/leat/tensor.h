#pragma once

#include <ATen/core/Tensor.h>
#include <torch/headeronly/version.h>

#include "leat/state.h"
#include "leat/value.h"

namespace leat {

LEAT_SAYS(leat_says_tensor, "value tensor=LibTorch " TORCH_VERSION);

/// A tensor is a value of its own type. Its hash covers element type, shape and content, and is computed on the host.
template <>
struct ValueTraits<at::Tensor> {
  static constexpr std::string_view name = "tensor";
  static std::size_t bytes(const at::Tensor& tensor);
  static std::uint64_t hash(const at::Tensor& tensor);
  static std::vector<std::uint64_t> hash_rows(const at::Tensor& tensor);
  static std::string describe(const at::Tensor& tensor);
  static Contract contract(const at::Tensor& tensor);
  static at::Tensor blank(const Contract& contract);
  /// Reorders a dimension, through which gradients flow. Integers that are indices of entries become the new indices.
  static at::Tensor reorder(const at::Tensor& tensor, const Reorder& order);
  static std::vector<std::byte> pack_rows(const at::Tensor& tensor);
  /// Gradients flow into `own`.
  static at::Tensor join_rows(const at::Tensor& own, std::span<const std::string_view> packed, int rank);
  static at::Tensor take_rows(const at::Tensor& all, BatchShare share);
  static Numbers numbers(const at::Tensor& tensor);  ///< Other element types as int or float.
};

/// Converts a tensor to an archive's entry, on the host, and back.
[[nodiscard]] Archive::Entry archive_entry(const at::Tensor& tensor);
[[nodiscard]] at::Tensor from_entry(const Archive::Entry& entry);

/// A tensor as a node's state. Invariant: a node replaces the tensor and never changes it in place, so a kept copy stays as it was.
template <>
struct StateTraits<at::Tensor> {
  static void save(Archive& archive, const std::string& name, const at::Tensor& value) { archive.put(name, archive_entry(value)); }
  static void load(const Archive& archive, const std::string& name, at::Tensor& value) {
    value = from_entry(archive.entry(name)).to(value.device());
  }
};

}  // namespace leat
