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
  std::vector<float> disagreement = {};       ///< One per class, as of `tensor.disagreement`. Empty: not predicted.
  std::vector<float> mask_disagreement = {};  ///< One per mask, as of `tensor.disagreement`. Empty: not predicted.
};

/// The columns of predictions.csv that depend on the graph.
struct PredictionColumns {
  std::vector<std::string> classes;
  std::vector<std::string> masks;
  bool is_multi_label = false;
  bool has_disagreement = false;  ///< Of the classes.
  bool has_mask_disagreement = false;
};

/// The table predictions.csv, after RFC 4180: `image,status,class,probability_<class>…,mask_<name>…,disagreement,
/// disagreement_mask_<name>…,warnings`. `disagreement` is that of the class in the row; with several labels there is a
/// `disagreement_<class>` for each.
class PredictionTable {
 public:
  PredictionTable() = default;
  explicit PredictionTable(PredictionColumns columns) : columns_(std::move(columns)) {}

  [[nodiscard]] std::string header() const;
  /// Returns one line. The class is the most probable one, the first of equal ones. With several labels it is all classes of probability
  /// 0.5 or more, joined with `;`. Probabilities have six decimals. Throws std::runtime_error if their number is not that of the classes.
  [[nodiscard]] std::string row(const Prediction& prediction) const;

 private:
  [[nodiscard]] std::string class_of(const std::vector<float>& probabilities) const;
  [[nodiscard]] std::string disagreement_of(const Prediction& prediction) const;

  PredictionColumns columns_;
};

}  // namespace leat
