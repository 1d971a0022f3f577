#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace leat {

class Component;

/// The names of a dimension's entries, in their order, and who gives them: classes, findings, structures. Each name is there once.
struct EntryNames {
  std::vector<std::string> list;
  const Component* by = nullptr;  ///< The node or resource that gives them.
  std::string param;              ///< Its parameter that they come from.
};

/// Whether several of a dimension's entries may hold at once, as findings do, or exactly one does, as of classes; and who says so.
struct MultiLabel {
  bool is_on = false;
  const Component* by = nullptr;  ///< The node or resource.
  std::string param;              ///< Its parameter.
};

/// One dimension: a number, or a symbol that stands for one. `N` is the rows of a step.
struct Dim {
  std::int64_t size = -1;
  std::string symbol;
  std::shared_ptr<const EntryNames> names = nullptr;        ///< Null: its entries have no names, or they are not known.
  std::shared_ptr<const MultiLabel> multi_label = nullptr;  ///< Null: not known.

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
};

[[nodiscard]] std::string_view name(Dtype dtype);
[[nodiscard]] std::int64_t bytes_of(Dtype dtype);  ///< `Any` counts as four.

/// What a port promises or expects of its values: shape, element type, range. It is read from the first words of the port's sentence,
/// `"N x 1 x H x W, float, 0..1. The images."`; `"Any shape."` leaves the dimensions open, `...` leaves the rest of them open, `"A
/// scalar."` has none.
/// `"N, int, one of C."` says that each number is one of C entries, `"One of C."` that the value is, as a label is one of the classes;
/// `"H x W x ..., 8 bit, of K."` that a picture has a channel for each of K.
struct Contract {
  bool has_shape = false;  ///< False: any shape.
  bool is_open = false;    ///< True: more dimensions may follow (`...`).
  std::vector<Dim> dims;
  Dtype dtype = Dtype::Any;
  double low = 0, high = 0;
  bool has_range = false;
  bool has_entries = false;  ///< `entries` is said.
  Dim entries;               ///< What a value's numbers or channels count where no dimension does: C of "one of C".

  /// Reads the contract at the head of a sentence; a sentence that does not begin with one has the empty contract. A type with a port
  /// whose sentence has to begin with a contract and does not, or whose contract has a mistake, is refused when it is used.
  [[nodiscard]] static Contract parse(std::string_view sentence);
  [[nodiscard]] std::string str() const;
};

}  // namespace leat
