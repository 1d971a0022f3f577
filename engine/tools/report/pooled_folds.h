#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "report/finished_run.h"

namespace leat::report {

/// The folds of a cross-validation as one run: its tables have the images of all folds, each judged by the network that was not trained on
/// it, and its figures are those of the joined tables.
struct PooledFolds {
  FinishedRun run;
  std::vector<std::string> notes;  ///< What is not pooled, and why, and which weights were judged.
};

/// Joins the tables of finished runs of one seed, one for each fold. Tables of the same images in all folds, such as those of a test phase,
/// are left out. Throws Refusal if a run cannot be read, or if nothing can be pooled.
[[nodiscard]] PooledFolds pool_folds(std::span<const std::filesystem::path> folds);

}  // namespace leat::report
