#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "leat/archive.h"
#include "leat/metric.h"
#include "leat/sample.h"
#include "leat/statistics.h"

namespace leat {

/// A table with a row for each evaluated image: its identity, then columns of numbers or texts. A node declares it as a state,
/// `State<ImageTable> rows{this, "rows"}`, adds rows in `process`, and passes it to `Frame::measure` in `finish`.
class ImageTable {
 public:
  struct Field {
    template <class Number>
    requires std::integral<Number> || std::floating_point<Number> Field(std::string column, Number number)
        : column(std::move(column)), value(static_cast<double>(number)) {}
    Field(std::string column, std::string text) : column(std::move(column)), value(std::move(text)) {}
    /// Returns a number that is unknown for this image, such as the Dice of a structure without a reference. Figures leave it out.
    [[nodiscard]] static Field unknown(std::string column);

    std::string column;
    std::variant<double, std::string> value;
    bool is_known = true;
  };

  /// Adds a row. Throws std::runtime_error for a number that is not finite. Throws std::logic_error if the columns differ from those of the
  /// first row, if two have the same name, or if one is called `image`, `group` or `patient`.
  void add(const Sample& sample, const std::vector<Field>& fields);

  /// Adds a column of texts behind the others, with a text for each row. Throws std::logic_error if their number differs from that of the
  /// rows, or for a name that `add` would refuse.
  void append(const std::string& column, std::vector<std::string> texts);

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(images_.size()); }
  [[nodiscard]] const std::vector<std::string>& images() const { return images_; }
  /// Returns the rows of each patient. Reports draw whole patients. An image without a patient is its own patient.
  [[nodiscard]] std::vector<std::vector<std::int64_t>> patients() const;
  [[nodiscard]] std::vector<std::string> columns() const;
  /// Returns the numbers of a column, NaN for unknown ones; null if there is no such column, if a field is not a number, or, of a table
  /// that was read, if none is known.
  [[nodiscard]] const std::vector<double>* find_numbers(std::string_view column) const;
  /// Returns the fields of a column as in the table's file. Throws std::logic_error if there is no such column.
  [[nodiscard]] std::vector<std::string> texts(std::string_view column) const;

  /// Returns the table as CSV: `image,group,patient`, then the columns (RFC 4180, lines end with \n). Numbers read back unchanged. The
  /// field of an unknown number is empty.
  [[nodiscard]] std::string csv() const;
  /// Parses such a text, in which `group` and `patient` can be missing. Throws std::runtime_error.
  [[nodiscard]] static ImageTable read(std::string_view csv);

  void save(Archive& archive, const std::string& name) const;
  void load(const Archive& archive, const std::string& name);

 private:
  struct Column {
    std::string name;
    bool is_text = false;
    bool has_numbers = false;  ///< All fields are numbers or unknown. This can be true for texts that were read.
    std::vector<double> numbers;
    std::vector<std::string> texts;  ///< Fields of a column of texts.
  };

  [[nodiscard]] const Column* find(std::string_view column) const;

  std::vector<std::string> images_, groups_, patients_;
  std::vector<Column> columns_;
};

/// Definition of a metric over the rows of an ImageTable. The same code computes the metric for the node, from all rows, and for the
/// intervals of a report, from drawn rows. So every definition is composed of these functions. What is unknown is left out: a row with an
/// unknown number, or with an empty text where texts are compared.
class ImageFigure {
 public:
  /// Condition: the rows in which a column has this text.
  struct Is {
    std::string column;
    std::string text;
  };
  /// The numbers of a column, multiplied by a factor. An empty column name: the factor itself in each row.
  struct Term {
    std::string column;
    double factor = 1;
  };
  /// Effect of an undefined part on a mean: the mean is undefined, or the part is left out.
  enum class Undefined { Spreads, IsLeftOut };

  /// Returns the mean of a column over rows; of several columns, the mean of their means. A column of which no number is known is left out.
  [[nodiscard]] static ImageFigure mean(std::vector<std::string> columns);
  /// Returns the ratio of two sums of terms over all rows, such as the Dice of the pixels of all images together. Undefined if the divisor
  /// is 0.
  [[nodiscard]] static ImageFigure ratio(std::vector<Term> part, std::vector<Term> whole);
  /// Returns the fraction of rows in which two columns have the same text, such as accuracy.
  [[nodiscard]] static ImageFigure agreement(std::string truth, std::string said);
  /// Returns the fraction of rows with `what` among all rows.
  [[nodiscard]] static ImageFigure share(Is what);
  /// Returns the fraction of rows with `what` among the rows with `whole`, such as sensitivity. Undefined if there are no rows with
  /// `whole`.
  [[nodiscard]] static ImageFigure share(Is what, Is whole);
  /// Returns the fraction of rows with `what` among the rows in which the column `truth` is known.
  [[nodiscard]] static ImageFigure share_of_known(Is what, std::string truth);
  /// Returns F1 of the condition for the label and the condition for the prediction. Undefined if neither occurs.
  [[nodiscard]] static ImageFigure f1(Is truth, Is said);
  /// Returns the area under the ROC curve of a score. Undefined if no row or every row is positive.
  [[nodiscard]] static ImageFigure auc(std::string score, Is positive);
  /// Returns the expected calibration error (Guo et al., ICML 2017) of a confidence, 0..1: 15 bins of equal width, each including its upper
  /// end.
  [[nodiscard]] static ImageFigure calibration_error(std::string confidence, std::string truth, std::string said);
  [[nodiscard]] static ImageFigure mean_of(std::vector<ImageFigure> figures, Undefined undefined = Undefined::Spreads);
  [[nodiscard]] static ImageFigure number(double number);
  /// Returns this metric; if it is undefined, the other one.
  [[nodiscard]] ImageFigure otherwise(ImageFigure other) const;

  /// Returns the metric as a function of rows. The function does not refer to the table. Throws std::logic_error if the table lacks a
  /// column.
  [[nodiscard]] Statistic of(const ImageTable& table) const;
  /// Returns the metric over all rows; nullopt if it is undefined.
  [[nodiscard]] std::optional<double> value(const ImageTable& table) const;
  /// Returns the rows of which the metric is the fraction: all rows for accuracy, those with the label for sensitivity. Nullopt if it is
  /// not the fraction of rows of one `agreement` or `share`.
  [[nodiscard]] std::optional<std::vector<std::int64_t>> counted_rows(const ImageTable& table) const;
  /// Returns the bounds: 0 and 1 for fractions, unknown for means and ratios.
  [[nodiscard]] Bounds bounds() const;

 private:
  friend class FigureJson;
  enum class Kind { Mean, Ratio, Agreement, Share, F1, Auc, CalibrationError, MeanOf, Number, Otherwise };

  explicit ImageFigure(Kind kind) : kind_(kind) {}
  /// Returns 1 for the rows of which an `agreement` or a `share` is the fraction.
  [[nodiscard]] std::vector<std::uint8_t> counted_flags(const ImageTable& table) const;

  Kind kind_;
  std::vector<std::string> columns_;
  std::vector<Is> conditions_;
  std::vector<Term> part_, whole_;
  std::vector<ImageFigure> figures_;
  Undefined undefined_ = Undefined::Spreads;
  double number_ = 0;
};

/// A metric and its definition, as `Frame::measure` takes them: `{dice, ImageFigure::mean({"dice"})}`.
struct ImageMetric {
  ImageMetric(const Metric& metric, ImageFigure figure) : name(metric.name()), figure(std::move(figure)) {}
  ImageMetric(std::string name, ImageFigure figure) : name(std::move(name)), figure(std::move(figure)) {}

  std::string name;
  ImageFigure figure;
};

}  // namespace leat
