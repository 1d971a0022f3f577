#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "leat/statistics.h"

namespace leat {

/// A metric of two groups of runs, paired by seed.
struct ComparedMetric {
  std::string phase;
  std::string name;  ///< `node.metric`
  double ours = 0;   ///< Means over seeds.
  double theirs = 0;
  Difference difference;
  double holm = 0;               ///< The p-value after Holm's correction over all compared metrics.
  bool counts_patients = false;  ///< The CI is over seeds and patients, because all scored the same stored images; else over seeds.
  std::int64_t patients = 0;     ///< Their number, if it counts them. Without patients in the data, each image is one.
};

/// The words for the two sides in sentences.
struct SideWords {
  std::string ours = "ours";
  std::string theirs = "theirs";
};

struct Comparison {
  std::string ours;  ///< Titles; the folder of the first run if its graph has none.
  std::string theirs;
  std::vector<std::uint64_t> seeds;  ///< Of ours; theirs has the same, unless each side is a single run.
  std::uint64_t their_seed = 0;      ///< The first of theirs.
  std::vector<ComparedMetric> metrics;
  std::vector<std::string> notes;  ///< Sentences on what the two sides do not have in common: images, labels, the weights of a validation.
  bool is_by_patient = false;      ///< Some patient has several images.
  bool cuts_intervals = false;     ///< Some end at the largest difference that there can be.
};

/// Compares finished runs of one graph with runs of another that have the same seeds. Two single runs can have different seeds, and be of
/// one graph; a note says so. `metrics` are `phase.node.metric`. Empty: the
/// headline metrics (accuracy, AUC, Dice and those that authors declare) of the test phases that both have. Throws Refusal.
[[nodiscard]] Comparison compare_runs(std::span<const std::filesystem::path> ours, std::span<const std::filesystem::path> theirs,
                                      std::span<const std::string> metrics, const SideWords& words = {});

}  // namespace leat
