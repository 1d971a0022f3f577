#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leat {

/// What predictions.csv says of one image.
struct Prediction {
  std::string image;
  std::string status = "ok";         ///< Or why there is no prediction.
  std::vector<float> probabilities;  ///< One a class; empty: not predicted.
  std::vector<std::string> masks;    ///< One file a mask; empty: not predicted.
  std::vector<std::string> warnings;
};

/// The columns of predictions.csv: `image,status,class,probability_<class>…,mask_<name>…,warnings`, as RFC 4180 has them.
class PredictionTable {
 public:
  PredictionTable(std::vector<std::string> classes, std::vector<std::string> masks, bool is_multi_label)
      : classes_(std::move(classes)), masks_(std::move(masks)), is_multi_label_(is_multi_label) {}

  [[nodiscard]] std::string header() const;
  /// The class is the likeliest, the first of equal ones; with several labels at once all from .5 on, joined with `;`. Probabilities
  /// have six digits. Throws std::runtime_error when their number is not that of the classes.
  [[nodiscard]] std::string row(const Prediction& prediction) const;

 private:
  [[nodiscard]] std::string class_of(const std::vector<float>& probabilities) const;

  std::vector<std::string> classes_;
  std::vector<std::string> masks_;
  bool is_multi_label_;
};

}  // namespace leat
