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

template <>
struct ValueTraits<Label> {
  static constexpr std::string_view name = "label";
  static std::size_t bytes(const Label& label);
  static std::uint64_t hash(const Label& label);
  static std::string describe(const Label& label);
  static Contract contract(const Label& label);
  static Label blank(const Contract& contract);
};

}  // namespace leat
