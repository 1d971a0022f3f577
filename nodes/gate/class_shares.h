#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "leat/param.h"

namespace leat {

/// Shares of classes: a list in the classes' order, a map from their names, or the word `labels`, for those of the labelled images.
class ClassShares final : public ParamPort {
 public:
  ClassShares(Component* owner, std::string_view name, std::string_view sentence) : ParamPort(owner, name, sentence, false) {}

  [[nodiscard]] bool is_given() const { return is_of_labels_ || !list_.empty() || !named_.empty(); }
  [[nodiscard]] bool is_of_labels() const { return is_of_labels_; }
  /// The stated shares in the order of `classes`. Throws Refusal if a share is not above 0, if their sum is not 1, if a map has other names
  /// than the classes, or if a list has another number of entries; an empty `classes` is not known.
  [[nodiscard]] std::vector<double> stated(const std::vector<std::string>& classes) const;
  /// "NORMAL 0.257, PNEUMONIA 0.743"
  [[nodiscard]] static std::string words(const std::vector<double>& shares, const std::vector<std::string>& classes);

  void read(const Tree& tree) override;
  [[nodiscard]] std::string type_name() const override { return "`labels`, list of number or map of number"; }
  [[nodiscard]] std::string value_text() const override;
  [[nodiscard]] std::string range_text() const override { return {}; }

 private:
  bool is_of_labels_ = false;
  std::vector<double> list_;
  std::map<std::string, double> named_;
};

}  // namespace leat
