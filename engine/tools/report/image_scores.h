#pragma once

#include <string>
#include <vector>

#include "report/finished_run.h"

namespace leat::report {

/// A number of each image of a table. A page plots the images by it, and draws those with the lowest numbers.
struct ImageScore {
  std::string column;  ///< The page's name of it; `dice` can be the mean of the columns of the structures.
  std::vector<double> values;
};

/// Returns the scores of a table, the one that stands for the table first: Dice, mean over structures and of each; the saliency inside of a
/// structure; of other tables the columns that are headline metrics, or the first column of numbers. Tables of classes have none.
[[nodiscard]] std::vector<ImageScore> scores_of(const FinishedRun& run, const std::string& phase, const std::string& node,
                                                const ImageRows& rows);

/// Returns the rows in the order of these numbers, the lowest first. Rows with equal numbers keep their order; undefined ones come last.
[[nodiscard]] std::vector<std::size_t> lowest_first(const std::vector<double>& values);

/// Returns the rows of a table of classes, the least probability of the label first; of several labels, the least mean
/// over those that are known.
[[nodiscard]] std::vector<std::size_t> least_probable_first(const ImageRows& rows);

}  // namespace leat::report
