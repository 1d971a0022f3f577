#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "augment/drawing.h"
#include "leat/random.h"

namespace leat {

/// The operations of MultiMix's strong view (RandAugment's pool without its change of colour).
enum class Operation {
  Autocontrast,
  Brightness,
  Contrast,
  Equalize,
  Identity,
  Posterize,
  Rotate,
  Sharpness,
  ShearX,
  ShearY,
  Solarize,
  TranslateX,
  TranslateY,
};

/// Returns the names in the order of the enumerators: `autocontrast`, …, `translate_y`.
[[nodiscard]] const std::vector<std::string>& operation_names();
[[nodiscard]] std::optional<Operation> find_operation(std::string_view name);

/// The intervals from which magnitudes are drawn uniformly.
struct Magnitudes {
  std::vector<double> brightness;   ///< Factor.
  std::vector<double> contrast;     ///< Factor.
  std::vector<double> sharpness;    ///< Factor.
  std::vector<int> posterize_bits;  ///< Bits kept.
  int solarize_from = 0;            ///< The threshold is drawn from here to 255, in units of 8 bit.
  double rotate_deg = 0;            ///< Maximum in either direction, as for shear and translate.
  double shear = 0;                 ///< Pixels per row or column.
  double translate = 0;             ///< Fraction of the side; rounded to whole pixels.
  Interpolation interpolation = Interpolation::Bilinear;
  Border border = Border::Reflect;
};

/// Returns true if the operation moves pixels: a rotation, shear or shift.
[[nodiscard]] bool moves_pixels(Operation operation);

/// Draws a magnitude, and does the operation. T: std::uint8_t or std::uint16_t.
template <class T>
void apply(Operation operation, DrawingOf<T>& drawing, const Magnitudes& magnitudes, Random& random);

}  // namespace leat
