#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace leat {

class Component;

/// Names of a dimension's entries (classes, findings, structures) in their order, and the component that gives them. Names are unique.
struct EntryNames {
  std::vector<std::string> list;
  const Component* by = nullptr;  ///< Node or resource that gives the names.
  std::string param;              ///< Parameter of `by` that holds them.
};

/// Whether several entries of a dimension can hold at once (findings, sigmoids) or exactly one (classes, softmax), and who says so.
struct MultiLabel {
  bool is_on = false;
  const Component* by = nullptr;  ///< Node or resource that says it.
  std::string param;              ///< Parameter of `by` that says it.
};

/// What a copied dimension or contract stands for in the Program that is being built.
struct Link {
  const void* in = nullptr;
  int at = -1;
};

/// One dimension: a number, or a symbol for one. `N` is the number of rows in a step.
struct Dim {
  std::int64_t size = -1;
  std::string symbol;
  std::shared_ptr<const EntryNames> names = nullptr;        ///< Null if the entries have no names, or unknown ones.
  std::shared_ptr<const MultiLabel> multi_label = nullptr;  ///< Null if unknown.
  /// Set by `Shapes::of`. A node that copies a dimension of an input into an output states that both have one size and the same names. A
  /// copy with another size or symbol, or without its names, is a dimension of its own.
  Link link = {};

  [[nodiscard]] static Dim named(std::vector<std::string> list, const Component* by, std::string param);
  [[nodiscard]] Dim with_multi_label(bool is_on, const Component* by, std::string param) const;

  [[nodiscard]] bool is_known() const { return size >= 0; }
  [[nodiscard]] std::string str() const;  ///< `2`, `C`, or `2 (NORMAL, PNEUMONIA)`.
};

enum class Dtype {
  Any,
  U8,
  I64,
  F32,
  Other,  ///< Of values only: none of these.
  U16,
  U8OrU16,       ///< Of ports only: one of these two.
  U8OrU16OrF32,  ///< Of ports only: one of these three.
};

[[nodiscard]] std::string_view name(Dtype dtype);
[[nodiscard]] std::int64_t bytes_of(Dtype dtype);  ///< The most bytes of a number. `Any` counts as four.
/// Returns true if `wanted` has every element type of `given`, or if one of them is `Any`.
[[nodiscard]] bool is_within(Dtype given, Dtype wanted);

/// Shape, element type and range of a port's values, read from the head of its sentence: `"N x 1 x H x W, float, 0..1. The images."`
/// An element type is `8 bit`, `16 bit`, `int` or `float`; a port of images can take several: `8 or 16 bit`, `8 or 16 bit or float`.
/// `"Any shape."` leaves all dimensions open, `...` the remaining ones; `"A scalar."` has none. `"N, int, one of C."`: each number is the
/// index of one of C entries. `"One of C."`: the whole value is one of C entries, such as a class label. `"H x W x ..., 8 bit, of K."`: a
/// picture has one channel for each of K entries. `"N x C, float, or unknown."`: some of an output's values can be unknown, and an input
/// takes such values; `leat/unknown.h` has the values that say so.
struct Contract {
  bool has_shape = false;  ///< False: any shape.
  bool is_open = false;    ///< True: more dimensions can follow (`...`).
  std::vector<Dim> dims;
  Link open = {};  ///< As `Dim::link`, for the dimensions that can follow.
  Dtype dtype = Dtype::Any;
  double low = 0, high = 0;
  bool has_range = false;
  bool or_unknown = false;   ///< Some values can be unknown. An output with such values fits only inputs that take them.
  bool has_entries = false;  ///< `entries` is set.
  Dim entries;               ///< C of "one of C": the entries that a value's numbers or channels refer to, if no dimension does.

  /// Returns the contract at the head of a sentence; an empty contract if the sentence does not begin with one. A type is refused when it
  /// is used if a port's sentence lacks its contract, or if the contract has a mistake.
  [[nodiscard]] static Contract parse(std::string_view sentence);
  [[nodiscard]] std::string str() const;
};

}  // namespace leat
