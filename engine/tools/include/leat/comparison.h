#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "leat/statistics.h"

namespace leat {

/// A metric of some runs and of others, paired by seed.
struct ComparedMetric {
  std::string phase;
  std::string name;  ///< `node.metric`
  double ours = 0;   ///< Means over seeds.
  double theirs = 0;
  Difference difference;
  double holm = 0;               ///< Its p among all that were compared.
  bool counts_patients = false;  ///< All judged the same images, which are kept; else the interval is over seeds alone.
};

struct Comparison {
  std::string ours;  ///< Titles.
  std::string theirs;
  std::vector<std::uint64_t> seeds;
  std::vector<ComparedMetric> metrics;
  bool cuts_intervals = false;  ///< Some end at the largest difference that there can be.
};

/// Compares finished runs of one graph with those of another that have the same seeds. `metrics` are `phase.node.metric`; none: the
/// headlines (accuracy, AUC, Dice and what authors declare as such) of the phases of kind test that both have. Throws Refusal.
[[nodiscard]] Comparison compare_runs(std::span<const std::filesystem::path> ours, std::span<const std::filesystem::path> theirs,
                                      std::span<const std::string> metrics);

[[nodiscard]] std::string comparison_text(const Comparison& comparison);
[[nodiscard]] std::string comparison_json(const Comparison& comparison);

}  // namespace leat
