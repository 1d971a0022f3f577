#include "base/figure_columns.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace leat {

std::vector<double> numbers_of(const ImageTable& table, const std::string& column) {
  const std::vector<double>* found = table.find_numbers(column);
  if (found) return *found;
  const std::vector<std::string> texts = table.texts(column);  // Throws if there is no such column.
  if (std::all_of(texts.begin(), texts.end(), [](const std::string& text) { return text.empty(); }))
    return std::vector<double>(texts.size(), std::numeric_limits<double>::quiet_NaN());
  throw std::logic_error("the column `" + column + "` has fields that are not numbers");
}

Flags flags_of(const ImageTable& table, const ImageFigure::Is& condition) {
  Flags out;
  for (const std::string& text : table.texts(condition.column)) out.push_back(text == condition.text);
  return out;
}

Flags known_texts(const ImageTable& table, const std::vector<std::string>& columns) {
  Flags out(static_cast<std::size_t>(table.size()), 1);
  for (const std::string& column : columns) {
    const std::vector<std::string> texts = table.texts(column);
    for (std::size_t k = 0; k < out.size(); ++k) out[k] &= static_cast<std::uint8_t>(!texts[k].empty());
  }
  return out;
}

Flags equal_texts(const ImageTable& table, const std::string& one, const std::string& other) {
  const std::vector<std::string> a = table.texts(one), b = table.texts(other);
  Flags out;
  for (std::size_t k = 0; k < a.size(); ++k) out.push_back(a[k] == b[k] && !a[k].empty());
  return out;
}

std::vector<Summand> summands_of(const ImageTable& table, const std::vector<ImageFigure::Term>& terms) {
  std::vector<Summand> out;
  for (const ImageFigure::Term& term : terms) {
    out.push_back({{}, term.factor});
    if (!term.column.empty()) out.back().numbers = numbers_of(table, term.column);
  }
  return out;
}

}  // namespace leat
