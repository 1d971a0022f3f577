#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "leat/batch_share.h"
#include "leat/check.h"
#include "leat/contract.h"
#include "leat/says.h"
#include "leat/type_identity.h"

namespace leat {

/// The engine's interface to a type whose values flow along edges. An author specialises it:
///   static constexpr std::string_view name;             // name in messages
///   static std::size_t bytes(const T&);                 // size in memory
///   static std::uint64_t hash(const T&);                // hash of the content; equal values have equal hashes
///   static std::string describe(const T&);              // "64 x 64, 8 bit"
///   static Contract contract(const T&);                 // its shape; compared with that of the port
///   static T blank(const Contract&);                    // a row for a step without a living row
/// A type that holds tensors also defines these, so that a lane can move the tensors to its device and back:
///   static std::vector<Value> parts(const T&);          // its tensors, as values
///   static T whole(std::vector<Value> parts);           // a value of other parts, in the same order
/// A type that holds the rows of a step (`N x ...`) can also define their hashes. Without them, the conformance kit cannot tell whether a
/// node that reads such values ignores dropped samples:
///   static std::vector<std::uint64_t> hash_rows(const T&);  // one hash per row; empty if it has no rows
/// A type that holds the rows of a step also defines these, so that the ranks of a training can exchange rows:
///   static std::vector<std::byte> pack_rows(const T&);                                      // its rows, as bytes
///   static T join_rows(const T& own, std::span<const std::string_view> packed, int rank);   // those of all ranks in the order of slots;
///                                                                                           // `own` are those of `rank`
///   static T take_rows(const T& all, BatchShare share);                                     // those of one rank
/// A type whose entries can have names (`EntryNames`) also defines how to reorder them:
///   static T reorder(const T&, const Reorder&);         // a copy
/// A type that consists of numbers also defines them, so that programs can show its values. A type with parts needs none:
///   static Numbers numbers(const T&);                   // precondition: the value is in host memory
/// A type whose values a run's cache can keep, or that ranks exchange, also defines them as bytes, which the same build reads:
///   static std::vector<std::byte> pack(const T&);
///   static T unpack(std::span<const std::byte>);        // an equal value; it does not refer to the bytes
template <class T>
struct ValueTraits;

/// The numbers of a value in host memory, in row-major order.
struct Numbers {
  std::vector<std::int64_t> dims;  ///< Empty for one number.
  Dtype dtype = Dtype::F32;        ///< U8, U16, I64 or F32.
  std::vector<std::byte> bytes;

  /// Returns the numbers at `data`. T is std::uint8_t, std::uint16_t, std::int64_t or float.
  template <class T>
  [[nodiscard]] static Numbers of(std::vector<std::int64_t> dims, const T* data);
  [[nodiscard]] std::int64_t count() const;
};

/// How to reorder a value's entries: along dimension `axis`, or the entries of its numbers or channels (`Contract::entries`).
struct Reorder {
  static constexpr int entries = -1;
  int axis = entries;
  std::vector<int> to;  ///< Entry k moves to position `to[k]`.
  int count = 0;        ///< Number of positions. Larger than the number of entries if a data set lacks classes.

  /// Returns the entry for each position; -1 if there is none.
  [[nodiscard]] std::vector<int> from() const;
};

/// The traits of one type as plain functions. One object per type, valid as long as the process.
struct ValueType {
  std::string_view name;
  std::size_t (*bytes)(const void*);
  std::uint64_t (*hash)(const void*);
  std::string (*describe)(const void*);
  Contract (*contract)(const void*);
  class Value (*blank)(const Contract&);
  std::vector<Value> (*parts)(const void*);  ///< Null if it has no parts.
  Value (*whole)(std::vector<Value>);
  std::vector<std::uint64_t> (*hash_rows)(const void*);  ///< Null if it does not define row hashes.
  Value (*reorder)(const void*, const Reorder&);         ///< Null if its entries cannot be reordered.
  Numbers (*numbers)(const void*);                       ///< Null if it does not define its numbers.
  std::vector<std::byte> (*pack)(const void*);           ///< Null if its values cannot be cached.
  Value (*unpack)(std::span<const std::byte>);           ///< Null if `pack` is.
  std::vector<std::byte> (*pack_rows)(const void*);      ///< Null if ranks cannot exchange its rows, as the next two.
  Value (*join_rows)(const void*, std::span<const std::string_view>, int);
  Value (*take_rows)(const void*, BatchShare);
  TypeIdentity identity;  ///< The C++ type; two plugins can have different types of one name.

  /// Returns true if both have one name and one C++ type, also if they are different copies of the traits. [any thread]
  [[nodiscard]] bool is_same(const ValueType& other) const { return this == &other || (name == other.name && identity == other.identity); }
};

template <class T>
[[nodiscard]] const ValueType& value_type();

/// A value of any registered type, immutable and shared among its readers. Copying it copies a pointer. [any thread]
class Value {
 public:
  Value() = default;
  template <class T>
  [[nodiscard]] static Value of(T value) {
    return Value(new Held<T>(std::move(value)));
  }
  Value(const Value& other) noexcept : box_(other.box_) {
    if (box_) box_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  Value(Value&& other) noexcept : box_(std::exchange(other.box_, nullptr)) {}
  Value& operator=(Value other) noexcept {
    std::swap(box_, other.box_);
    return *this;
  }
  ~Value() { reset(); }

  void reset() noexcept {
    // The sole owner needs no atomic decrement: no other thread can copy the pointer any more.
    if (box_ && (box_->owners.load(std::memory_order_acquire) == 1 || box_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1))
      box_->destroy(box_);
    box_ = nullptr;
  }
  [[nodiscard]] explicit operator bool() const { return box_ != nullptr; }
  [[nodiscard]] const ValueType& type() const { return *box_->type; }
  /// Returns true if it holds a T, also if a plugin has its own copy of the type's traits.
  template <class T>
  [[nodiscard]] bool is() const {
    return box_ != nullptr && box_->type->is_same(value_type<T>());
  }
  [[nodiscard]] std::vector<Value> parts() const { return box_->type->parts ? box_->type->parts(box_->data) : std::vector<Value>(); }
  [[nodiscard]] std::size_t bytes() const { return box_->type->bytes(box_->data); }
  [[nodiscard]] std::uint64_t hash() const { return box_->type->hash(box_->data); }
  /// Returns one hash per row; empty if the type does not define them.
  [[nodiscard]] std::vector<std::uint64_t> hash_rows() const {
    return box_->type->hash_rows ? box_->type->hash_rows(box_->data) : std::vector<std::uint64_t>();
  }
  /// Precondition: the type defines `reorder`.
  [[nodiscard]] Value reordered(const Reorder& order) const { return box_->type->reorder(box_->data, order); }
  /// Precondition: the type defines `numbers`, and the value is in host memory.
  [[nodiscard]] Numbers numbers() const { return box_->type->numbers(box_->data); }
  /// Precondition: the type defines `pack`.
  [[nodiscard]] std::vector<std::byte> pack() const { return box_->type->pack(box_->data); }
  /// Precondition of these three: the type defines them.
  [[nodiscard]] std::vector<std::byte> pack_rows() const { return box_->type->pack_rows(box_->data); }
  [[nodiscard]] Value with_rows(std::span<const std::string_view> packed, int rank) const {
    return box_->type->join_rows(box_->data, packed, rank);
  }
  [[nodiscard]] Value rows_of(BatchShare share) const { return box_->type->take_rows(box_->data, share); }
  [[nodiscard]] std::string describe() const { return box_->type->describe(box_->data); }
  [[nodiscard]] Contract contract() const { return box_->type->contract(box_->data); }

  /// Returns the value as a T, unchecked: the Program has checked the types at both ends of every edge.
  template <class T>
  [[nodiscard]] const T& as() const {
    return *static_cast<const T*>(box_->data);
  }
  /// Moves the value out if this is the only owner; otherwise copies it.
  template <class T>
  [[nodiscard]] T take() {
    if (box_->owners.load(std::memory_order_acquire) == 1) {
      T out = std::move(*static_cast<T*>(box_->data));
      reset();
      return out;
    }
    T out = as<T>();
    reset();
    return out;
  }

 private:
  struct Box {
    const ValueType* type;
    void* data;
    void (*destroy)(Box*);
    std::atomic<int> owners{1};
  };
  template <class T>
  struct Held : Box {
    explicit Held(T&& from) : Box{&value_type<T>(), nullptr, [](Box* box) { delete static_cast<Held*>(box); }}, held(std::move(from)) {
      this->data = &held;
    }
    T held;
  };
  explicit Value(Box* box) : box_(box) {}

  Box* box_ = nullptr;
};

namespace detail {
template <class T>
concept HasParts = requires(const T& value) {
  ValueTraits<T>::parts(value);
};

template <class T>
concept HasRows = requires(const T& value) {
  ValueTraits<T>::hash_rows(value);
};

template <class T>
concept HasReorder = requires(const T& value, const Reorder& order) {
  ValueTraits<T>::reorder(value, order);
};

template <class T>
concept HasNumbers = requires(const T& value) {
  ValueTraits<T>::numbers(value);
};

template <class T>
concept HasBytes = requires(const T& value, std::span<const std::byte> bytes) {
  ValueTraits<T>::pack(value);
  ValueTraits<T>::unpack(bytes);
};

template <class T>
concept HasSharedRows = requires(const T& value, std::span<const std::string_view> packed) {
  ValueTraits<T>::pack_rows(value);
  ValueTraits<T>::join_rows(value, packed, 0);
  ValueTraits<T>::take_rows(value, BatchShare());
};

template <class T>
constexpr auto parts_of() -> std::vector<Value> (*)(const void*) {
  if constexpr (HasParts<T>) return [](const void* value) { return ValueTraits<T>::parts(*static_cast<const T*>(value)); };
  else return nullptr;
}

template <class T>
constexpr auto whole_of() -> Value (*)(std::vector<Value>) {
  if constexpr (HasParts<T>) return [](std::vector<Value> parts) { return Value::of<T>(ValueTraits<T>::whole(std::move(parts))); };
  else return nullptr;
}

template <class T>
constexpr auto hash_rows_of() -> std::vector<std::uint64_t> (*)(const void*) {
  if constexpr (HasRows<T>) return [](const void* value) { return ValueTraits<T>::hash_rows(*static_cast<const T*>(value)); };
  else return nullptr;
}

template <class T>
constexpr auto reorder_of() -> Value (*)(const void*, const Reorder&) {
  if constexpr (HasReorder<T>)
    return
        [](const void* value, const Reorder& order) { return Value::of<T>(ValueTraits<T>::reorder(*static_cast<const T*>(value), order)); };
  else return nullptr;
}

template <class T>
constexpr auto numbers_of() -> Numbers (*)(const void*) {
  if constexpr (HasNumbers<T>) return [](const void* value) { return ValueTraits<T>::numbers(*static_cast<const T*>(value)); };
  else return nullptr;
}

template <class T>
constexpr auto pack_of() -> std::vector<std::byte> (*)(const void*) {
  if constexpr (HasBytes<T>) return [](const void* value) { return ValueTraits<T>::pack(*static_cast<const T*>(value)); };
  else return nullptr;
}

template <class T>
constexpr auto unpack_of() -> Value (*)(std::span<const std::byte>) {
  if constexpr (HasBytes<T>) return [](std::span<const std::byte> bytes) { return Value::of<T>(ValueTraits<T>::unpack(bytes)); };
  else return nullptr;
}

template <class T>
constexpr auto pack_rows_of() -> std::vector<std::byte> (*)(const void*) {
  if constexpr (HasSharedRows<T>) return [](const void* value) { return ValueTraits<T>::pack_rows(*static_cast<const T*>(value)); };
  else return nullptr;
}

template <class T>
constexpr auto join_rows_of() -> Value (*)(const void*, std::span<const std::string_view>, int) {
  if constexpr (HasSharedRows<T>)
    return [](const void* value, std::span<const std::string_view> packed, int rank) {
      return Value::of<T>(ValueTraits<T>::join_rows(*static_cast<const T*>(value), packed, rank));
    };
  else return nullptr;
}

template <class T>
constexpr auto take_rows_of() -> Value (*)(const void*, BatchShare) {
  if constexpr (HasSharedRows<T>)
    return
        [](const void* value, BatchShare share) { return Value::of<T>(ValueTraits<T>::take_rows(*static_cast<const T*>(value), share)); };
  else return nullptr;
}
}  // namespace detail

template <class T>
const ValueType& value_type() {
  static constexpr ValueType type{
      ValueTraits<T>::name,
      [](const void* value) { return ValueTraits<T>::bytes(*static_cast<const T*>(value)); },
      [](const void* value) { return ValueTraits<T>::hash(*static_cast<const T*>(value)); },
      [](const void* value) { return ValueTraits<T>::describe(*static_cast<const T*>(value)); },
      [](const void* value) { return ValueTraits<T>::contract(*static_cast<const T*>(value)); },
      [](const Contract& contract) { return Value::of<T>(ValueTraits<T>::blank(contract)); },
      detail::parts_of<T>(),
      detail::whole_of<T>(),
      detail::hash_rows_of<T>(),
      detail::reorder_of<T>(),
      detail::numbers_of<T>(),
      detail::pack_of<T>(),
      detail::unpack_of<T>(),
      detail::pack_rows_of<T>(),
      detail::join_rows_of<T>(),
      detail::take_rows_of<T>(),
      TypeIdentity::of<T>(),
  };
  return type;
}

template <class T>
Numbers Numbers::of(std::vector<std::int64_t> dims, const T* data) {
  static_assert(std::is_same_v<T, std::uint8_t> || std::is_same_v<T, std::uint16_t> || std::is_same_v<T, std::int64_t> ||
                std::is_same_v<T, float>);
  constexpr Dtype whole = sizeof(T) == 1 ? Dtype::U8 : sizeof(T) == 2 ? Dtype::U16 : Dtype::I64;
  Numbers out{std::move(dims), std::is_same_v<T, float> ? Dtype::F32 : whole, {}};
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  out.bytes.assign(bytes, bytes + static_cast<std::size_t>(out.count()) * sizeof(T));
  return out;
}

/// Returns a 64-bit hash of a block of bytes, for traits. It is the same on every machine of one byte order.
[[nodiscard]] std::uint64_t hash_bytes(const void* data, std::size_t count, std::uint64_t seed = 0);
/// Returns a hash as 16 hexadecimal digits.
[[nodiscard]] std::string hash_text(std::uint64_t hash);

}  // namespace leat
