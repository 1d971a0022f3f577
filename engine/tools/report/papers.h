#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/finished_run.h"

namespace leat::report {

/// A value that the papers print for a metric of a run.
struct PaperFigure {
  std::string phase;
  std::string node;
  std::string metric;
  double value = 0;
  std::optional<double> printed;  ///< The value in the papers, if `value` is what another of their columns implies.
  std::string data;               ///< Name of the test set in the papers.
  std::int64_t images = 0;        ///< Its number of images.
  bool is_other_subset = false;   ///< The run was tested on another number of images.
};

/// The papers' row for a run: Haque et al., ISBI 2021 and MELBA 2021 (graphs/reference).
struct PaperRow {
  std::string model;
  std::string class_labels;  ///< `100`, or `all`; empty: the system has none.
  std::string mask_labels;
  std::vector<PaperFigure> figures;
};

/// Returns the row of the system that the run's title begins with, such as `UMTL: …` or `MultiMix as printed: …`, with the run's numbers of
/// labels. Returns nullopt if the papers have no such row, or if the run has no phase `test` with a node `classes` or `lungs`.
[[nodiscard]] std::optional<PaperRow> paper_row(const FinishedRun& run);

/// The files of graphs/reference. The library contains them.
[[nodiscard]] std::string_view paper_tables();
[[nodiscard]] std::string_view paper_test_sets();

}  // namespace leat::report
