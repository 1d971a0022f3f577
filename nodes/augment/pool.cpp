#include "augment/pool.h"

#include <algorithm>
#include <cmath>

#include "augment/interval.h"
#include "augment/operations.h"

namespace leat {

const std::vector<std::string>& operation_names() {
  static const std::vector<std::string> names{"autocontrast", "brightness", "contrast", "equalize", "identity",    "posterize",  "rotate",
                                              "sharpness",    "shear_x",    "shear_y",  "solarize", "translate_x", "translate_y"};
  return names;
}

std::optional<Operation> find_operation(std::string_view name) {
  const auto& names = operation_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return {};
  return static_cast<Operation>(found - names.begin());
}

bool moves_pixels(Operation operation) {
  switch (operation) {
    case Operation::Rotate:
    case Operation::ShearX:
    case Operation::ShearY:
    case Operation::TranslateX:
    case Operation::TranslateY:
      return true;
    default:
      return false;
  }
}

template <class T>
void apply(Operation operation, DrawingOf<T>& drawing, const Magnitudes& magnitudes, Random& random) {
  const cv::Size size = drawing.size();
  const auto moved = [&](const ToSource& map) { drawing.warp(map, magnitudes.interpolation, magnitudes.border); };
  const auto either_way = [&](double most) { return random.uniform(-most, most); };
  const auto each = [&drawing](auto table_of) {
    std::vector<TableOf<T>> out;
    for (const HistogramOf<T>& counts : drawing.counts()) out.push_back(table_of(counts));
    return out;
  };
  const auto pixels = [&](int side) { return static_cast<int>(std::lround(either_way(magnitudes.translate) * side)); };
  switch (operation) {
    case Operation::Autocontrast:
      return drawing.look_up(each(stretching<T>));
    case Operation::Brightness:
      return drawing.look_up(brightening<T>(draw(random, magnitudes.brightness)));
    case Operation::Contrast:
      return drawing.look_up(contrasting<T>(drawing.mean(), draw(random, magnitudes.contrast)));
    case Operation::Equalize:
      return drawing.look_up(each(equalizing<T>));
    case Operation::Identity:
      return;
    case Operation::Posterize:
      return drawing.look_up(posterizing<T>(draw(random, magnitudes.posterize_bits)));
    case Operation::Rotate:
      return moved(rotation(size, either_way(magnitudes.rotate_deg)));
    case Operation::Sharpness: {
      const double factor = draw(random, magnitudes.sharpness);
      return drawing.filter([factor](const cv::Mat& gray) { return sharpness<T>(gray, factor); });
    }
    case Operation::ShearX:
      return moved(shear_x(size, either_way(magnitudes.shear)));
    case Operation::ShearY:
      return moved(shear_y(size, either_way(magnitudes.shear)));
    case Operation::Solarize:
      return drawing.look_up(solarizing<T>(static_cast<int>(random.between(magnitudes.solarize_from, 255))));
    case Operation::TranslateX:
      return drawing.shift(pixels(size.width), 0, magnitudes.border);
    case Operation::TranslateY:
      return drawing.shift(0, pixels(size.height), magnitudes.border);
  }
}

template void apply<std::uint8_t>(Operation, DrawingOf<std::uint8_t>&, const Magnitudes&, Random&);
template void apply<std::uint16_t>(Operation, DrawingOf<std::uint16_t>&, const Magnitudes&, Random&);

}  // namespace leat
