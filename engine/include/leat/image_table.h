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

/// A table with a row for each judged image: who it is, then columns of numbers or of texts. A node keeps one as its state,
/// `State<ImageTable> rows{this, "rows"}`, adds rows in `process`, and hands it to `Frame::measure` in `finish`.
class ImageTable {
 public:
  struct Field {
    template <class Number>
    requires std::integral<Number> || std::floating_point<Number> Field(std::string column, Number number)
        : column(std::move(column)), value(static_cast<double>(number)) {}
    Field(std::string column, std::string text) : column(std::move(column)), value(std::move(text)) {}

    std::string column;
    std::variant<double, std::string> value;
  };

  /// Throws std::runtime_error for a number that is not finite, and std::logic_error where the columns are not those of the first row, two
  /// have one name, or one is called `image`, `group` or `patient`.
  void add(const Sample& sample, const std::vector<Field>& fields);

  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(images_.size()); }
  [[nodiscard]] const std::vector<std::string>& images() const { return images_; }
  /// The rows of each patient, who are drawn whole. An image without a patient is one by itself.
  [[nodiscard]] std::vector<std::vector<std::int64_t>> patients() const;
  [[nodiscard]] std::vector<std::string> columns() const;
  /// A column's numbers; null where there is no such column, or one of its fields is no number.
  [[nodiscard]] const std::vector<double>* find_numbers(std::string_view column) const;
  /// A column's fields as the table's file has them. Throws std::logic_error where there is no such column.
  [[nodiscard]] std::vector<std::string> texts(std::string_view column) const;

  /// `image,group,patient`, then the columns (RFC 4180, lines end with \n). Numbers read back as they are.
  [[nodiscard]] std::string csv() const;
  /// The table of such a text; `group` and `patient` may be missing. Throws std::runtime_error.
  [[nodiscard]] static ImageTable read(std::string_view csv);

  void save(Archive& archive, const std::string& name) const;
  void load(const Archive& archive, const std::string& name);

 private:
  struct Column {
    std::string name;
    bool is_text = false;
    bool has_numbers = false;  ///< All fields are numbers: also of texts that were read.
    std::vector<double> numbers;
    std::vector<std::string> texts;  ///< Of a column of texts.
  };

  [[nodiscard]] const Column* find(std::string_view column) const;

  std::vector<std::string> images_, groups_, patients_;
  std::vector<Column> columns_;
};

/// How a metric follows from the rows of an ImageTable. The engine computes it of all rows for the node, and a report computes it of drawn
/// rows for the interval: with the same code, so a figure is put together from these functions.
class ImageFigure {
 public:
  /// The rows in which a column has this text.
  struct Is {
    std::string column;
    std::string text;
  };
  /// A column's numbers times a factor; 1 in each row, times the factor, where the column is not named.
  struct Term {
    std::string column;
    double factor = 1;
  };
  /// What an undefined part does to a mean: it leaves the mean undefined, or is left out.
  enum class Undefined { Spreads, IsLeftOut };

  /// The mean over rows of each column; of several columns the mean of their means.
  [[nodiscard]] static ImageFigure mean(std::vector<std::string> columns);
  /// The sum of some terms over all rows, divided by another one: the Dice of the pixels of all images together. Undefined where the
  /// divisor is 0.
  [[nodiscard]] static ImageFigure ratio(std::vector<Term> part, std::vector<Term> whole);
  /// The share of rows in which two columns have the same text: accuracy.
  [[nodiscard]] static ImageFigure agreement(std::string truth, std::string said);
  /// The share of rows with `what` among all.
  [[nodiscard]] static ImageFigure share(Is what);
  /// The share of rows with `what` among those with `whole`: sensitivity. Undefined where there is none of them.
  [[nodiscard]] static ImageFigure share(Is what, Is whole);
  /// F1 of what is true and what was said; undefined where neither occurs.
  [[nodiscard]] static ImageFigure f1(Is truth, Is said);
  /// The area under the ROC curve of a score; undefined where no row, or each, is positive.
  [[nodiscard]] static ImageFigure auc(std::string score, Is positive);
  /// Expected calibration error (Guo et al., ICML 2017) of a confidence, 0..1: 15 bins of equal width, each with its upper end.
  [[nodiscard]] static ImageFigure calibration_error(std::string confidence, std::string truth, std::string said);
  [[nodiscard]] static ImageFigure mean_of(std::vector<ImageFigure> figures, Undefined undefined = Undefined::Spreads);
  [[nodiscard]] static ImageFigure number(double number);
  /// This figure, or where it is undefined the other one.
  [[nodiscard]] ImageFigure otherwise(ImageFigure other) const;

  /// The figure as a function of rows, which refers to nothing of the table. Throws std::logic_error where the table lacks a column.
  [[nodiscard]] Statistic of(const ImageTable& table) const;
  /// Of all rows; nothing where it is undefined.
  [[nodiscard]] std::optional<double> value(const ImageTable& table) const;
  /// Of shares 0 and 1; of means and ratios unknown.
  [[nodiscard]] Bounds bounds() const;

 private:
  friend class FigureJson;
  enum class Kind { Mean, Ratio, Agreement, Share, F1, Auc, CalibrationError, MeanOf, Number, Otherwise };

  explicit ImageFigure(Kind kind) : kind_(kind) {}

  Kind kind_;
  std::vector<std::string> columns_;
  std::vector<Is> conditions_;
  std::vector<Term> part_, whole_;
  std::vector<ImageFigure> figures_;
  Undefined undefined_ = Undefined::Spreads;
  double number_ = 0;
};

/// A metric and its figure, as `Frame::measure` takes them: `{dice, ImageFigure::mean({"dice"})}`.
struct ImageMetric {
  ImageMetric(const Metric& metric, ImageFigure figure) : name(metric.name()), figure(std::move(figure)) {}
  ImageMetric(std::string name, ImageFigure figure) : name(std::move(name)), figure(std::move(figure)) {}

  std::string name;
  ImageFigure figure;
};

}  // namespace leat
