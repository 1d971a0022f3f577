#pragma once

#include <string_view>

namespace leat {

/// How a network wants the pixels v of a picture: (v / 255 − mean) / deviation.
struct Normalization {
  double mean = 0;
  double deviation = 1;
};

/// A resource that keeps these constants with its weights, so that nobody has to repeat them where the weights are used.
class KeepsNormalization {
 public:
  static constexpr std::string_view kind = "model";
  virtual ~KeepsNormalization() = default;
  [[nodiscard]] virtual Normalization normalization() const = 0;
};

}  // namespace leat
