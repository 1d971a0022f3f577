#pragma once

#include <cstddef>
#include <string>
#include <typeinfo>

namespace leat {

/// Which C++ type a value or a class has: two plugins can each have a type of their own under one name. Types in unnamed namespaces are
/// never the same as those of another file.
struct TypeIdentity {
  const std::type_info* type = nullptr;  ///< Null: not known.
  std::size_t size = 0;
  std::size_t alignment = 0;

  template <class T>
  [[nodiscard]] static constexpr TypeIdentity of() {
    return {&typeid(T), sizeof(T), alignof(T)};
  }
  /// Returns true if both sides mean one type, also where each has a copy of its type_info.
  [[nodiscard]] friend bool operator==(const TypeIdentity& a, const TypeIdentity& b) {
    return a.type && b.type && *a.type == *b.type && a.size == b.size && a.alignment == b.alignment;
  }
  /// Returns `leat::Image (128 bytes)`.
  [[nodiscard]] std::string str() const;
};

}  // namespace leat
