#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leat/image_table.h"

namespace leat::report {

/// A table of images/ and what the file beside it says of the metrics: how each follows from the table's columns. Runs of earlier versions
/// have no such file; then it follows from the names of columns and metrics.
class ImageRows {
 public:
  /// Throws std::runtime_error where a text is no such file.
  [[nodiscard]] static ImageRows parse(std::string_view csv, std::optional<std::string_view> figures = {});

  [[nodiscard]] const std::vector<std::string>& images() const { return images_; }
  /// The rows of each patient, who are drawn whole; where the table names none, each image alone.
  [[nodiscard]] const std::vector<std::vector<std::int64_t>>& patients() const { return patients_; }
  [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(images_.size()); }
  /// How a metric follows from these rows; nothing where it does not.
  [[nodiscard]] std::optional<ImageFigure> figure(const std::string& metric) const;
  /// The same as a function of rows.
  [[nodiscard]] std::optional<Statistic> statistic(const std::string& metric) const;
  /// Of all rows; nothing where it is undefined or does not follow from them.
  [[nodiscard]] std::optional<double> value(const std::string& metric) const;
  /// Returns another table's figure of these rows; nullopt if it is undefined or needs a column that they lack.
  [[nodiscard]] std::optional<double> value_of(const ImageFigure& figure) const;
  /// The file beside the table says how metrics follow from it.
  [[nodiscard]] bool has_figures() const { return has_figures_; }
  /// The share of the most frequent class, which is the accuracy of saying it always; nothing where images do not have one class each.
  [[nodiscard]] std::optional<double> majority_share() const;

 private:
  void derive_metrics();
  [[nodiscard]] std::optional<ImageFigure> mean_by_name(const std::string& metric) const;

  std::vector<std::string> images_;
  std::vector<std::vector<std::int64_t>> patients_;
  ImageTable table_;
  std::vector<ImageMetric> metrics_;
  bool has_figures_ = false;
  bool has_means_ = false;  ///< Metrics are means of the columns of their names.
};

}  // namespace leat::report
