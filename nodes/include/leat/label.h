#pragma once

#include <string>
#include <vector>

#include "leat/value.h"

namespace leat {

/// The class of a sample: its index in the list of classes, or -1 if it is not known. If several classes can be present, `several` has 0
/// or 1 for each class instead, or `unknown::finding`.
struct Label {
  int index = -1;
  std::vector<std::uint8_t> several;
};

/// The contract has no shape. `entries` are the classes. The type is `int` if a label is one class, `8 bit` if it has a number for each.
template <>
struct ValueTraits<Label> {
  static constexpr std::string_view name = "label";
  static std::size_t bytes(const Label& label);
  static std::uint64_t hash(const Label& label);
  static std::string describe(const Label& label);
  static Contract contract(const Label& label);
  static Label blank(const Contract& contract);
  static Label reorder(const Label& label, const Reorder& order);
  static std::vector<std::byte> pack(const Label& label);
  static Label unpack(std::span<const std::byte> bytes);
  static Numbers numbers(const Label& label);  ///< The index; with several classes, a number for each.
};

/// Returns the contract of labels: one of `classes`, or with `has_several` a number for each class.
[[nodiscard]] Contract label_contract(Dim classes, bool has_several = false);

}  // namespace leat
