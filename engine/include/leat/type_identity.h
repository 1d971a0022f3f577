#pragma once

#include <cstddef>
#include <string>
#include <typeinfo>

namespace leat {

/// The identity of a C++ type. Two plugins can have different types of the same name, so size and alignment are compared as well. A type in
/// an unnamed namespace differs from those of all other files.
struct TypeIdentity {
  const std::type_info* type = nullptr;  ///< Null if unknown.
  std::size_t size = 0;
  std::size_t alignment = 0;

  template <class T>
  [[nodiscard]] static constexpr TypeIdentity of() {
    return {&typeid(T), sizeof(T), alignof(T)};
  }
  /// Returns true if both are the same type, also if each side has its own copy of the type_info.
  [[nodiscard]] friend bool operator==(const TypeIdentity& a, const TypeIdentity& b) {
    return a.type && b.type && *a.type == *b.type && a.size == b.size && a.alignment == b.alignment;
  }
  /// Returns "`leat::Image` (128 bytes)".
  [[nodiscard]] std::string str() const;
};

}  // namespace leat
