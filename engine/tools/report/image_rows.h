#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leat/statistics.h"

namespace leat::report {

/// One class against the rest, image by image.
struct JudgedClass {
  std::string name;
  std::vector<std::uint8_t> is_true;
  std::vector<std::uint8_t> is_said;
  std::vector<double> score;
};

/// A table of images/, as a metric node writes it: `image,group,patient`, then `label,probability_<class>…`, or
/// `label_<class>…,probability_<class>…`, and numbers whose means are metrics. Statistics refer to it: it stays where it is while they
/// live.
class ImageRows {
 public:
  /// Throws std::runtime_error where the text is no such table.
  [[nodiscard]] static ImageRows parse(std::string_view csv);

  [[nodiscard]] const std::vector<std::string>& images() const { return images_; }
  /// The rows of each patient, who are drawn whole; where the table names none, each image alone.
  [[nodiscard]] const std::vector<std::vector<std::int64_t>>& patients() const { return patients_; }
  [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(images_.size()); }
  /// A metric as a statistic of images; nothing where it is none that these rows hold.
  [[nodiscard]] std::optional<Statistic> statistic(const std::string& metric) const;
  /// The share of the most frequent class, which is the accuracy of saying it always; nothing where images do not have one class each.
  [[nodiscard]] std::optional<double> majority_share() const;

 private:
  struct Column {
    std::string name;
    std::vector<double> numbers;
  };

  void judge(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);
  [[nodiscard]] std::optional<Statistic> of_one_class(const std::string& metric) const;
  [[nodiscard]] std::optional<Statistic> of_several_classes(const std::string& metric) const;
  [[nodiscard]] std::optional<Statistic> mean(const std::string& metric) const;

  std::vector<std::string> images_;
  std::vector<std::vector<std::int64_t>> patients_;
  bool is_multi_label_ = false;
  std::vector<JudgedClass> classes_;
  std::vector<Column> columns_;
};

}  // namespace leat::report
