#include "base/figure_columns.h"

#include <stdexcept>

namespace leat {

const std::vector<double>& numbers_of(const ImageTable& table, const std::string& column) {
  const std::vector<double>* found = table.find_numbers(column);
  if (found) return *found;
  (void)table.texts(column);  // Throws if there is no such column.
  throw std::logic_error("the column `" + column + "` has fields that are not numbers");
}

Flags flags_of(const ImageTable& table, const ImageFigure::Is& condition) {
  Flags out;
  for (const std::string& text : table.texts(condition.column)) out.push_back(text == condition.text);
  return out;
}

Flags equal_texts(const ImageTable& table, const std::string& one, const std::string& other) {
  const std::vector<std::string> a = table.texts(one), b = table.texts(other);
  Flags out;
  for (std::size_t k = 0; k < a.size(); ++k) out.push_back(a[k] == b[k]);
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
