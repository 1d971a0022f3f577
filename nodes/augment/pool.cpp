#include "augment/pool.h"

#include <algorithm>
#include <cmath>

#include "augment/interval.h"
#include "augment/operations.h"
#include "image/histogram.h"

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

Image apply(Operation operation, const Image& image, const Magnitudes& magnitudes, Random& random) {
  const cv::Mat& gray = image.pixels;
  const cv::Size size = gray.size();
  const auto toned = [&](cv::Mat pixels) { return Image{std::move(pixels), image.placement}; };
  const auto moved = [&](const ToSource& map) { return warp(image, map, magnitudes.interpolation, magnitudes.border); };
  const auto either_way = [&](double most) { return random.uniform(-most, most); };
  // Shifts by whole pixels, for which Nearest is exact.
  const auto shifted = [&](int right, int down) {
    return warp(image, translation(-right, -down), Interpolation::Nearest, magnitudes.border);
  };
  const auto pixels = [&](int side) { return static_cast<int>(std::lround(either_way(magnitudes.translate) * side)); };
  switch (operation) {
    case Operation::Autocontrast:
      return toned(autocontrast(gray));
    case Operation::Brightness:
      return toned(brightness(gray, draw(random, magnitudes.brightness)));
    case Operation::Contrast:
      return toned(contrast(gray, draw(random, magnitudes.contrast)));
    case Operation::Equalize:
      return toned(equalize(gray));
    case Operation::Identity:
      return image;
    case Operation::Posterize:
      return toned(posterize(gray, draw(random, magnitudes.posterize_bits)));
    case Operation::Rotate:
      return moved(rotation(size, either_way(magnitudes.rotate_deg)));
    case Operation::Sharpness:
      return toned(sharpness(gray, draw(random, magnitudes.sharpness)));
    case Operation::ShearX:
      return moved(shear_x(size, either_way(magnitudes.shear)));
    case Operation::ShearY:
      return moved(shear_y(size, either_way(magnitudes.shear)));
    case Operation::Solarize:
      return toned(solarize(gray, static_cast<int>(random.between(magnitudes.solarize_from, 255))));
    case Operation::TranslateX:
      return shifted(pixels(size.width), 0);
    case Operation::TranslateY:
      return shifted(0, pixels(size.height));
  }
  return image;
}

}  // namespace leat
