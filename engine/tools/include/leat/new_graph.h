#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "leat/guesses_data.h"

namespace leat {

/// A data set of a new graph.
struct NewData {
  std::string uses;  ///< Type of the resource: `io.split`.
  DataGuess guess;
};

/// Returns the parameters of a data set's resource as YAML, without braces. Paths are relative to `folder` if they are below it or next to
/// it, else absolute; all are absolute if `folder` is empty.
[[nodiscard]] std::string settings_text(const DataGuess& guess, const std::filesystem::path& folder);

/// Puts the positive one of two classes last: a name such as `normal` or `gesund` comes first. If no name says it, adds a remark.
void order_classes(DataGuess& guess);

/// Brings the labels of test data to those of the training data (`fit_labels`), and adds to its remarks which of them judge nothing. Throws
/// Refusal if none does, or if it is the training data.
void fit_test(const NewData& data, NewData& test);

/// Returns the text of a graph that trains on a data set and tests on others, or on the test rows of its list: with pseudo-labels where
/// images have no class, with consistency where they have no masks, supervised where all is labelled. It extends `leat:parts`. `file` is
/// where it will be. `tests` are as from `fit_test`. Throws Refusal if there is nothing to learn.
[[nodiscard]] std::string new_graph(const NewData& data, std::vector<NewData> tests, const std::filesystem::path& file);

}  // namespace leat
