#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace leat {

/// One dimension: a number, or a symbol that stands for one. `N` is the rows of a step.
struct Dim {
  std::int64_t size = -1;
  std::string symbol;

  [[nodiscard]] bool is_known() const { return size >= 0; }
  [[nodiscard]] std::string str() const { return is_known() ? std::to_string(size) : symbol; }
};

enum class Dtype { Any, U8, I64, F32 };

[[nodiscard]] std::string_view name(Dtype dtype);
[[nodiscard]] std::int64_t bytes_of(Dtype dtype);  ///< `Any` counts as four.

/// What a port promises or expects of its values: shape, element type, range. It is read from the first words of the port's sentence,
/// `"N x 1 x H x W, float, 0..1. The images."`; `any` or no shape there leaves the dimensions open, `...` leaves the rest of them open.
struct Contract {
  bool has_shape = false;  ///< False: any shape.
  bool is_open = false;    ///< True: more dimensions may follow (`...`).
  std::vector<Dim> dims;
  Dtype dtype = Dtype::Any;
  double low = 0, high = 0;
  bool has_range = false;

  /// Reads the contract at the head of a sentence; a sentence that does not begin with a shape has the empty contract.
  [[nodiscard]] static Contract parse(std::string_view sentence);
  [[nodiscard]] std::string str() const;
};

}  // namespace leat
