#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leat/image_table.h"

namespace leat::report {

/// The data sets that the images of a table come from, in words that two runs share if the data are the same. `is_known`: the data are
/// recorded, so that equal words mean equal data.
struct ImageSource {
  std::string name;
  bool is_known = false;
};

/// Returns a text that only the same image has, as far as is known. `fingerprint`: empty if it is unknown.
[[nodiscard]] std::string identity_of(const std::string& image, const std::string& fingerprint, const ImageSource& source);

/// A table of images/ and the definitions of its metrics in the file next to it. Runs of earlier versions have no such file; then the names
/// of columns and metrics decide.
class ImageRows {
 public:
  /// Parses the two texts. Throws std::runtime_error if one is not such a file.
  [[nodiscard]] static ImageRows parse(std::string_view csv, std::optional<std::string_view> figures = {});

  [[nodiscard]] const std::vector<std::string>& images() const { return images_; }
  /// Returns the table; one of an earlier version has the columns that a later one would have.
  [[nodiscard]] const ImageTable& table() const { return table_; }
  /// Returns the classes that the images have one each of, or the names of labels of which an image can have several (`has_labels`), in the
  /// order of their probabilities. Empty: the images were not classified.
  [[nodiscard]] std::vector<std::string> classes() const;
  [[nodiscard]] bool has_labels() const { return !classes().empty() && !has_column("label"); }
  /// Returns the rows of each patient; draws take whole patients. Without patients in the table, each image is its own patient.
  [[nodiscard]] const std::vector<std::vector<std::int64_t>>& patients() const { return patients_; }
  /// Returns the patients as the table names them, one per row; empty: it names none.
  [[nodiscard]] const std::vector<std::string>& patient_names() const { return patient_names_; }
  /// Returns the patient of a row, if some patient has several images; else an empty string.
  [[nodiscard]] std::string patient_of(std::int64_t row) const;
  [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(images_.size()); }
  /// Returns the definition of a metric over these rows; nullopt if there is none.
  [[nodiscard]] std::optional<ImageFigure> figure(const std::string& metric) const;
  /// Returns the metric as a function of rows; nullopt if it has no definition.
  [[nodiscard]] std::optional<Statistic> statistic(const std::string& metric) const;
  /// Returns the metric over all rows; nullopt if it is undefined or has no definition.
  [[nodiscard]] std::optional<double> value(const std::string& metric) const;
  /// Returns the value of another table's definition over these rows; nullopt if it is undefined or needs a column that they lack.
  [[nodiscard]] std::optional<double> value_of(const ImageFigure& figure) const;
  /// Returns the number of patients of whose rows the metric is a fraction; nullopt if it is not a fraction of rows.
  [[nodiscard]] std::optional<std::int64_t> counted_patients(const std::string& metric) const;
  /// Sets a fingerprint of each image; an empty one is unknown. Fingerprints of one kind, their first word, can be compared.
  void set_fingerprints(std::vector<std::string> fingerprints) { fingerprints_ = std::move(fingerprints); }
  /// Returns the `identity_of` an image.
  [[nodiscard]] std::string identity(std::size_t row) const;
  /// Returns false if `identity` rests on the names of images and data sets alone.
  [[nodiscard]] bool is_identified(std::size_t row) const;
  /// Returns true if the images were drawn from the run's seed.
  [[nodiscard]] bool are_drawn() const { return source_.name.starts_with("drawn "); }
  void set_source(ImageSource source) { source_ = std::move(source); }
  [[nodiscard]] const ImageSource& source() const { return source_; }
  /// Returns, for each row, the row of the other table that has the same image; -1 if there is none. Images are the same if they have the
  /// same name and no different fingerprints, or if their fingerprints are equal and unique.
  [[nodiscard]] std::vector<std::int64_t> rows_in(const ImageRows& other) const;
  /// Returns the images of both tables whose fingerprints differ, although their names are equal.
  [[nodiscard]] std::vector<std::string> images_with_other_contents(const ImageRows& other) const;
  /// Returns the images of both tables that have another label in each.
  [[nodiscard]] std::vector<std::string> images_with_other_labels(const ImageRows& other) const;
  /// Returns true if a file next to the table defines the metrics.
  [[nodiscard]] bool has_figures() const { return has_figures_; }
  /// Returns the positive class of `sensitivity`, `specificity` and `positive_share`; empty if there is none.
  [[nodiscard]] std::string positive_class() const;
  /// Returns the fraction of the most frequent class, which is the accuracy of always predicting it; nullopt if the images do not have one
  /// class each.
  [[nodiscard]] std::optional<double> majority_share() const;

 private:
  void derive_metrics();
  [[nodiscard]] bool has_column(const std::string& column) const;
  [[nodiscard]] std::optional<ImageFigure> mean_by_name(const std::string& metric) const;

  /// Returns true if both rows have fingerprints of the same kind, and these differ, or if only one was drawn.
  [[nodiscard]] bool differs(std::size_t row, const ImageRows& other, std::size_t other_row) const;

  std::vector<std::string> images_;
  std::vector<std::string> fingerprints_;  ///< For each image; empty: none is known.
  ImageSource source_;
  std::vector<std::vector<std::int64_t>> patients_;
  std::vector<std::string> patient_names_;  ///< One per row; empty: the table names none.
  ImageTable table_;
  std::vector<ImageMetric> metrics_;
  bool has_figures_ = false;
  bool has_means_ = false;  ///< Metrics are means of the columns of their names.
};

}  // namespace leat::report
