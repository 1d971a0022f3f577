#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "leat/param.h"

namespace leat {

/// A parameter with the shares of the classes: a list in the order of the classes, a map from class names, or the word `labels` for the
/// shares among the labelled images.
class ClassShares final : public ParamPort {
 public:
  ClassShares(Component* owner, std::string_view name, std::string_view sentence) : ParamPort(owner, name, sentence, false) {}

  [[nodiscard]] bool is_given() const { return is_of_labels_ || !list_.empty() || !named_.empty(); }
  [[nodiscard]] bool is_of_labels() const { return is_of_labels_; }
  /// Returns the shares of the list or map, in the order of `classes`; empty `classes`: the names are not known. Throws Refusal if a share
  /// is not above 0, if the sum is not 1, or if the names of a map are not those of `classes`. Does not compare the length of a list with
  /// `classes`.
  [[nodiscard]] std::vector<double> stated(const std::vector<std::string>& classes) const;
  /// Returns the shares in words: "NORMAL 0.257, PNEUMONIA 0.743".
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
