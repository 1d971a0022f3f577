#include "leat/image_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <stdexcept>

#include "base/figure_columns.h"
#include "base/utf8.h"
#include "leat/csv.h"
#include "leat/wording.h"

namespace leat {

namespace {

constexpr double unknown_number = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view fixed_columns[] = {"image", "group", "patient"};

bool is_fixed(std::string_view name) {
  return std::find(std::begin(fixed_columns), std::end(fixed_columns), name) != std::end(fixed_columns);
}

/// Returns the shortest text that reads back as the same number; an empty text if it is unknown.
std::string csv_number(double number) {
  if (std::isnan(number)) return {};
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  return std::string(text, end);
}

/// Returns NaN, an unknown number, for an empty text; nullopt for a text that is not a number.
std::optional<double> number_of(const std::string& text) {
  if (text.empty()) return unknown_number;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

std::string listed(const std::vector<std::string>& names) { return names.empty() ? "none" : in_quotes(names); }

std::vector<std::string> names_of(const std::vector<ImageTable::Field>& fields) {
  std::vector<std::string> out;
  for (const ImageTable::Field& field : fields) out.push_back(field.column);
  return out;
}

void check_columns(const std::vector<std::string>& names) {
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (is_fixed(*name)) throw std::logic_error("a table of images has its own column `" + *name + "`");
    if (std::find(names.begin(), name, *name) != name)
      throw std::logic_error("two columns of a table of images are called `" + *name + "`");
  }
}

}  // namespace

ImageTable::Field ImageTable::Field::unknown(std::string column) {
  Field out(std::move(column), unknown_number);
  out.is_known = false;
  return out;
}

void ImageTable::add(const Sample& sample, const std::vector<Field>& fields) {
  for (const Field& field : fields)
    if (const double* number = std::get_if<double>(&field.value); number && field.is_known && !std::isfinite(*number))
      throw std::runtime_error("the `" + field.column + "` of `" + sample.id + "` is not finite");
  if (images_.empty()) {
    check_columns(names_of(fields));
    columns_.clear();
    for (const Field& field : fields) {
      const bool is_text = std::holds_alternative<std::string>(field.value);
      columns_.push_back({field.column, is_text, !is_text, {}, {}});
    }
  }
  const auto fits = [](const Field& field, const Column& column) {
    return field.column == column.name && std::holds_alternative<std::string>(field.value) == column.is_text;
  };
  if (!std::equal(fields.begin(), fields.end(), columns_.begin(), columns_.end(), fits))
    throw std::logic_error("the row of `" + sample.id + "` has the columns " + listed(names_of(fields)) + ", but the rows before have " +
                           listed(columns()) + ", or a text instead of a number");
  images_.push_back(sample.id);
  groups_.push_back(sample.group);
  patients_.push_back(sample.patient.empty() ? sample.id : sample.patient);
  for (std::size_t c = 0; c < fields.size(); ++c)
    if (columns_[c].is_text) columns_[c].texts.push_back(std::get<std::string>(fields[c].value));
    else columns_[c].numbers.push_back(std::get<double>(fields[c].value));
}

void ImageTable::append(const std::string& column, std::vector<std::string> texts) {
  if (texts.size() != images_.size())
    throw std::logic_error("the column `" + column + "` has " + std::to_string(texts.size()) + " texts for " +
                           std::to_string(images_.size()) + " rows");
  std::vector<std::string> names = columns();
  names.push_back(column);
  check_columns(names);
  columns_.push_back({column, true, false, {}, std::move(texts)});
}

std::vector<std::vector<std::int64_t>> ImageTable::patients() const {
  std::vector<std::vector<std::int64_t>> out;
  std::map<std::string_view, std::size_t> known;
  for (std::size_t k = 0; k < patients_.size(); ++k) {
    const auto [found, is_new] = known.emplace(patients_[k], out.size());
    if (is_new) out.emplace_back();
    out[found->second].push_back(static_cast<std::int64_t>(k));
  }
  return out;
}

std::vector<std::string> ImageTable::columns() const {
  std::vector<std::string> out;
  for (const Column& column : columns_) out.push_back(column.name);
  return out;
}

const ImageTable::Column* ImageTable::find(std::string_view column) const {
  const auto found = std::find_if(columns_.begin(), columns_.end(), [&](const Column& one) { return one.name == column; });
  return found == columns_.end() ? nullptr : &*found;
}

const std::vector<double>* ImageTable::find_numbers(std::string_view column) const {
  const Column* found = find(column);
  return found && found->has_numbers ? &found->numbers : nullptr;
}

std::vector<std::string> ImageTable::texts(std::string_view column) const {
  const Column* found = find(column);
  if (!found) throw std::logic_error("there is no column `" + std::string(column) + "`; the columns are " + listed(columns()));
  if (found->is_text) return found->texts;
  std::vector<std::string> out;
  for (const double number : found->numbers) out.push_back(csv_number(number));
  return out;
}

std::string ImageTable::csv() const {
  std::string out = "image,group,patient";
  for (const Column& column : columns_) out += "," + csv_field(column.name);
  out += "\n";
  for (std::size_t k = 0; k < images_.size(); ++k) {
    out += csv_field(images_[k]) + "," + csv_field(groups_[k]) + "," + csv_field(patients_[k]);
    for (const Column& column : columns_) out += "," + (column.is_text ? csv_field(column.texts[k]) : csv_number(column.numbers[k]));
    out += "\n";
  }
  return out;
}

ImageTable ImageTable::read(std::string_view csv) {
  const CsvTable table = read_csv(csv);
  if (table.header.empty() || table.header[0] != "image") throw std::runtime_error("the first column is not `image`");
  const int group = table.find_column("group"), patient = table.find_column("patient");
  ImageTable out;
  for (std::size_t k = 0; k < table.rows.size(); ++k) {
    const auto field = [&](int column, const std::string& otherwise) {
      return column < 0 ? otherwise : table.rows[k].fields[static_cast<std::size_t>(column)];
    };
    out.images_.push_back(table.rows[k].fields[0]);
    out.groups_.push_back(field(group, ""));
    // Without patients, each image is its own patient, even if two images have the same name.
    out.patients_.push_back(field(patient, std::to_string(k)));
  }
  for (std::size_t c = 1; c < table.header.size(); ++c) {
    if (is_fixed(table.header[c])) continue;
    // The metrics' file has the same UTF-8 names.
    Column column{utf8_text(table.header[c]), true, false, {}, {}};
    for (const CsvTable::Row& row : table.rows) {
      if (const auto number = number_of(row.fields[c])) column.numbers.push_back(*number);
      column.texts.push_back(utf8_text(row.fields[c]));
    }
    const auto is_known = [](double number) { return !std::isnan(number); };
    column.has_numbers = column.numbers.size() == table.rows.size() &&
                         (column.numbers.empty() || std::any_of(column.numbers.begin(), column.numbers.end(), is_known));
    out.columns_.push_back(std::move(column));
  }
  return out;
}

void ImageTable::save(Archive& archive, const std::string& name) const {
  archive.put(name + ".images", images_);
  archive.put(name + ".groups", groups_);
  archive.put(name + ".patients", patients_);
  archive.put(name + ".columns", columns());
  std::vector<std::int64_t> are_texts;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    const std::string column = name + "." + std::to_string(c);
    are_texts.push_back(columns_[c].is_text);
    if (columns_[c].is_text) archive.put(column, columns_[c].texts);
    else archive.put(column, std::span<const double>(columns_[c].numbers));
  }
  archive.put(name + ".are_texts", std::span<const std::int64_t>(are_texts));
}

void ImageTable::load(const Archive& archive, const std::string& name) {
  images_ = archive.texts(name + ".images");
  groups_ = archive.texts(name + ".groups");
  patients_ = archive.texts(name + ".patients");
  columns_.clear();
  const std::vector<std::string> names = archive.texts(name + ".columns");
  const std::vector<std::int64_t> are_texts = archive.wholes(name + ".are_texts");
  if (are_texts.size() != names.size()) throw std::runtime_error("the table `" + name + "` is incomplete");
  for (std::size_t c = 0; c < names.size(); ++c) {
    const std::string column = name + "." + std::to_string(c);
    const bool is_text = are_texts[c] != 0;
    columns_.push_back({names[c], is_text, !is_text, {}, {}});
    if (is_text) columns_.back().texts = archive.texts(column);
    else columns_.back().numbers = archive.numbers(column);
    if ((is_text ? columns_.back().texts.size() : columns_.back().numbers.size()) != images_.size())
      throw std::runtime_error("the table `" + name + "` is incomplete");
  }
}

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

ImageFigure ImageFigure::share_of_known(Is what, std::string truth) {
  ImageFigure out = share(std::move(what));
  out.columns_ = {std::move(truth)};
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
      Flags what = flags_of(table, conditions_[0]), whole = counted_flags(table);
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
              known = known_texts(table, {conditions_[0].column})](Items items) { return area_of(scores, positives, known, items); };
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

Flags ImageFigure::counted_flags(const ImageTable& table) const {
  if (conditions_.size() == 2) return flags_of(table, conditions_[1]);
  std::vector<std::string> columns = columns_;
  if (kind_ == Kind::Share) columns.push_back(conditions_[0].column);
  return known_texts(table, columns);
}

std::optional<std::vector<std::int64_t>> ImageFigure::counted_rows(const ImageTable& table) const {
  if (kind_ != Kind::Agreement && kind_ != Kind::Share) return {};
  const Flags counts = counted_flags(table);
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
