#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "base/figure_columns.h"
#include "leat/image_table.h"

namespace leat {

ImageFigure ImageFigure::mean(std::vector<std::string> columns) {
  ImageFigure out(Kind::Mean);
  out.columns_ = std::move(columns);
  return out;
}

ImageFigure ImageFigure::ratio(std::vector<Term> part, std::vector<Term> whole) {
  ImageFigure out(Kind::Ratio);
  out.part_ = std::move(part);
  out.whole_ = std::move(whole);
  return out;
}

ImageFigure ImageFigure::agreement(std::string truth, std::string said) {
  ImageFigure out(Kind::Agreement);
  out.columns_ = {std::move(truth), std::move(said)};
  return out;
}

ImageFigure ImageFigure::share(Is what) {
  ImageFigure out(Kind::Share);
  out.conditions_ = {std::move(what)};
  return out;
}

ImageFigure ImageFigure::share(Is what, Is whole) {
  ImageFigure out(Kind::Share);
  out.conditions_ = {std::move(what), std::move(whole)};
  return out;
}

ImageFigure ImageFigure::f1(Is truth, Is said) {
  ImageFigure out(Kind::F1);
  out.conditions_ = {std::move(truth), std::move(said)};
  return out;
}

ImageFigure ImageFigure::auc(std::string score, Is positive) {
  ImageFigure out(Kind::Auc);
  out.columns_ = {std::move(score)};
  out.conditions_ = {std::move(positive)};
  return out;
}

ImageFigure ImageFigure::calibration_error(std::string confidence, std::string truth, std::string said) {
  ImageFigure out(Kind::CalibrationError);
  out.columns_ = {std::move(confidence), std::move(truth), std::move(said)};
  return out;
}

ImageFigure ImageFigure::mean_of(std::vector<ImageFigure> figures, Undefined undefined) {
  ImageFigure out(Kind::MeanOf);
  out.figures_ = std::move(figures);
  out.undefined_ = undefined;
  return out;
}

ImageFigure ImageFigure::number(double number) {
  ImageFigure out(Kind::Number);
  out.number_ = number;
  return out;
}

ImageFigure ImageFigure::otherwise(ImageFigure other) const {
  ImageFigure out(Kind::Otherwise);
  out.figures_ = {*this, std::move(other)};
  return out;
}

Statistic ImageFigure::of(const ImageTable& table) const {
  std::vector<Statistic> parts;
  for (const ImageFigure& figure : figures_) parts.push_back(figure.of(table));
  switch (kind_) {
    case Kind::Mean: {
      std::vector<std::vector<double>> numbers;
      for (const std::string& column : columns_) numbers.push_back(numbers_of(table, column));
      return [numbers = std::move(numbers)](Items items) { return mean_of_columns(numbers, items); };
    }
    case Kind::Ratio:
      return [part = summands_of(table, part_), whole = summands_of(table, whole_)](Items items) {
        return ratio_of(sum_of(part, items), sum_of(whole, items));
      };
    case Kind::Agreement:
      return [are_equal = equal_texts(table, columns_[0], columns_[1]), known = known_texts(table, columns_)](Items items) {
        return ratio_of(count_of(are_equal, items), count_of(known, items));
      };
    case Kind::Share: {
      Flags what = flags_of(table, conditions_[0]);
      if (conditions_.size() == 1)
        return [what = std::move(what), known = known_texts(table, {conditions_[0].column})](Items items) {
          return ratio_of(count_of(what, items), count_of(known, items));
        };
      Flags whole = flags_of(table, conditions_[1]);
      for (std::size_t k = 0; k < what.size(); ++k) what[k] &= whole[k];
      return [what = std::move(what), whole = std::move(whole)](Items items) {
        return ratio_of(count_of(what, items), count_of(whole, items));
      };
    }
    case Kind::F1: {
      Flags truth = flags_of(table, conditions_[0]), said = flags_of(table, conditions_[1]), both = truth;
      const Flags known = known_texts(table, {conditions_[0].column, conditions_[1].column});
      for (std::size_t k = 0; k < both.size(); ++k) both[k] &= said[k], truth[k] &= known[k], said[k] &= known[k];
      return [truth = std::move(truth), said = std::move(said), both = std::move(both)](Items items) {
        return ratio_of(2 * count_of(both, items), count_of(truth, items) + count_of(said, items));
      };
    }
    case Kind::Auc:
      return [scores = numbers_of(table, columns_[0]), positives = flags_of(table, conditions_[0]),
              known = known_texts(table, {conditions_[0].column})](Items items) {
        std::vector<double> drawn_scores;
        Flags drawn_positives;
        drawn_scores.reserve(items.size());
        drawn_positives.reserve(items.size());
        for (const std::int64_t item : items) {
          if (!known[static_cast<std::size_t>(item)]) continue;
          drawn_scores.push_back(scores[static_cast<std::size_t>(item)]);
          drawn_positives.push_back(positives[static_cast<std::size_t>(item)]);
        }
        return area_under_roc(drawn_scores, drawn_positives);
      };
    case Kind::CalibrationError:
      return [confidences = numbers_of(table, columns_[0]), are_right = equal_texts(table, columns_[1], columns_[2]),
              known = known_texts(table, {columns_[1], columns_[2]})](Items items) {
        std::vector<std::int64_t> judged(items.begin(), items.end());
        std::erase_if(judged, [&known](std::int64_t item) { return !known[static_cast<std::size_t>(item)]; });
        return calibration_error_of(confidences, are_right, judged);
      };
    case Kind::MeanOf:
      return [parts = std::move(parts), leaves_out = undefined_ == Undefined::IsLeftOut](Items items) -> std::optional<double> {
        double sum = 0, count = 0;
        for (const Statistic& part : parts) {
          const std::optional<double> value = part(items);
          if (!value && !leaves_out) return {};
          sum += value.value_or(0);
          count += value.has_value();
        }
        return ratio_of(sum, count);
      };
    case Kind::Number:
      return [number = number_](Items items) { return items.empty() ? std::nullopt : std::optional(number); };
    case Kind::Otherwise:
      return [parts = std::move(parts)](Items items) {
        const std::optional<double> value = parts[0](items);
        return value ? value : parts[1](items);
      };
  }
  throw std::logic_error("a figure of no kind");
}

std::optional<double> ImageFigure::value(const ImageTable& table) const {
  std::vector<std::int64_t> all(static_cast<std::size_t>(table.size()));
  std::iota(all.begin(), all.end(), 0);
  const std::optional<double> out = of(table)(all);
  return out && std::isfinite(*out) ? out : std::nullopt;
}

std::optional<std::vector<std::int64_t>> ImageFigure::counted_rows(const ImageTable& table) const {
  if (kind_ != Kind::Agreement && kind_ != Kind::Share) return {};
  Flags counts = known_texts(table, kind_ == Kind::Agreement ? columns_ : std::vector{conditions_[0].column});
  if (conditions_.size() == 2) counts = flags_of(table, conditions_[1]);
  std::vector<std::int64_t> out;
  for (std::size_t row = 0; row < counts.size(); ++row)
    if (counts[row]) out.push_back(static_cast<std::int64_t>(row));
  return out;
}

Bounds ImageFigure::bounds() const {
  switch (kind_) {
    case Kind::Mean:
    case Kind::Ratio:
      return {};
    case Kind::Number:
      return {number_, number_};
    case Kind::MeanOf:
    case Kind::Otherwise: {
      if (figures_.empty()) return {};
      Bounds out = figures_.front().bounds();
      for (const ImageFigure& figure : figures_) {
        out.low = std::min(out.low, figure.bounds().low);
        out.high = std::max(out.high, figure.bounds().high);
      }
      return out;
    }
    default:
      return {0, 1};
  }
}

}  // namespace leat
