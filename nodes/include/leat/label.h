#pragma once

#include <string>
#include <vector>

#include "leat/value.h"

namespace leat {

/// The class of a sample: its index in the list of classes, or -1 where it is not known. With several labels at once, `several` has 0 or
/// 1 for each class instead.
struct Label {
  int index = -1;
  std::vector<std::uint8_t> several;
};

/// Its contract has no shape: `entries` are the classes, `int` where a label is one of them, `8 bit` where it has a number for each.
template <>
struct ValueTraits<Label> {
  static constexpr std::string_view name = "label";
  static std::size_t bytes(const Label& label);
  static std::uint64_t hash(const Label& label);
  static std::string describe(const Label& label);
  static Contract contract(const Label& label);
  static Label blank(const Contract& contract);
  static Label reorder(const Label& label, const Reorder& order);
};

/// What a source of labels says of them: one of `classes`, or with several a number for each.
[[nodiscard]] Contract label_contract(Dim classes, bool has_several = false);

}  // namespace leat
