#pragma once

#include <cstdint>
#include <vector>

#include "leat/value.h"

namespace leat {

/// An encoded image: the bytes of a PNG, JPEG, TIFF or BMP file.
struct Encoded {
  std::vector<std::uint8_t> bytes;
};

template <>
struct ValueTraits<Encoded> {
  static constexpr std::string_view name = "encoded";
  static std::size_t bytes(const Encoded& file);
  static std::uint64_t hash(const Encoded& file);
  static std::string describe(const Encoded& file);
  static Contract contract(const Encoded& file);
  static Encoded blank(const Contract& contract);
};

}  // namespace leat
