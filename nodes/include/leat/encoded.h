#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "leat/value.h"

namespace leat {

/// An encoded image: the bytes of a PNG, JPEG, TIFF or BMP file, or of several files with one channel each.
struct Encoded {
  struct File {
    std::string name;  ///< For messages.
    std::vector<std::uint8_t> bytes;
  };

  std::vector<std::uint8_t> bytes;  ///< Of the only file, or of the first.
  std::string name = {};            ///< Of the first of several files, for messages.
  std::vector<File> channels = {};  ///< The files of the second and further channels.
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
