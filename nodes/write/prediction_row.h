#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leat {

/// One row of predictions.csv.
struct Prediction {
  std::string image;
  std::string status = "ok";         ///< "ok", or the reason why there is no prediction.
  std::vector<float> probabilities;  ///< One per class. Empty: not predicted.
  std::vector<std::string> masks;    ///< One file per mask. Empty: not predicted.
  std::vector<std::string> warnings;
};

/// The table predictions.csv, after RFC 4180: `image,status,class,probability_<class>…,mask_<name>…,warnings`.
class PredictionTable {
 public:
  PredictionTable(std::vector<std::string> classes, std::vector<std::string> masks, bool is_multi_label)
      : classes_(std::move(classes)), masks_(std::move(masks)), is_multi_label_(is_multi_label) {}

  [[nodiscard]] std::string header() const;
  /// Returns one line. The class is the most probable one, the first of equal ones. With several labels it is all classes of probability
  /// 0.5 or more, joined with `;`. Probabilities have six decimals. Throws std::runtime_error if their number is not that of the classes.
  [[nodiscard]] std::string row(const Prediction& prediction) const;

 private:
  [[nodiscard]] std::string class_of(const std::vector<float>& probabilities) const;

  std::vector<std::string> classes_;
  std::vector<std::string> masks_;
  bool is_multi_label_;
};

}  // namespace leat
