#pragma once

#include <string>
#include <vector>

#include "base/row_statistics.h"
#include "leat/image_table.h"

namespace leat {

// What a figure reads of a table, a row each. They throw std::logic_error if the table lacks a column.

/// Returns NaN for unknown numbers. Throws std::logic_error too if a field is not a number.
[[nodiscard]] std::vector<double> numbers_of(const ImageTable& table, const std::string& column);
/// Returns 1 for the rows with the condition.
[[nodiscard]] Flags flags_of(const ImageTable& table, const ImageFigure::Is& condition);
/// Returns 1 for the rows in which none of the columns is empty, which means unknown.
[[nodiscard]] Flags known_texts(const ImageTable& table, const std::vector<std::string>& columns);
/// Returns 1 for the rows in which two columns have the same text, which is not empty.
[[nodiscard]] Flags equal_texts(const ImageTable& table, const std::string& one, const std::string& other);
[[nodiscard]] std::vector<Summand> summands_of(const ImageTable& table, const std::vector<ImageFigure::Term>& terms);

}  // namespace leat
