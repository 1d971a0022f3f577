#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "leat/activity.h"
#include "leat/statistics.h"

namespace leat {

/// A metric of a phase with its 95 % CI, cut at the metric's bounds. For one run the CI is over patients (`bootstrap_interval`, if images/
/// has the rows of at least two patients). For several runs it is over their seeds, and patients if all evaluated the same
/// (`mean_difference`). If all draws and seeds give the same value, fractions of rows have Wilson's score interval, and other metrics have
/// none.
struct ReportFigure {
  std::string phase;
  std::string node;
  std::string metric;
  std::string system;  ///< Its system, if metric nodes of a phase are named `<system>_<task>` for two or more systems.
  std::string task;
  bool is_training = false;  ///< The phase is a train phase.
  Interval interval;
  int headline = -1;          ///< Its place among the headlines; -1: none.
  bool is_wilson = false;     ///< The interval is Wilson's.
  bool is_kept = false;       ///< Of the validation whose weights the plan's `keep` chose; else of the phase's last time.
  std::int64_t patients = 0;  ///< Over how many patients, or images that are each its own patient, the CI is; 0: it is not over patients.
  bool is_test = false;       ///< The phase is a test phase.
  bool is_of_data = false;    ///< It says something of the images, and nothing of the network: a metric of `metric.intensities`.
};

/// Which weights a phase judged, in a plan that keeps some.
struct JudgedWeights {
  std::string phase;
  bool is_kept = false;             ///< As in ReportFigure.
  std::vector<std::int64_t> steps;  ///< Their training steps, by run.
  std::string words;                ///< `step 120`, or over seeds `kept` or `last`.
};

/// The difference between two systems, `ours` minus `theirs`, paired by image or by seed.
struct ReportDifference {
  std::string phase;
  std::string task;
  std::string metric;
  std::string ours;
  std::string theirs;
  Interval interval;
  int headline = -1;
  bool is_equal = false;      ///< It has no interval, because all draws gave the same difference.
  std::int64_t patients = 0;  ///< As in ReportFigure.
};

/// The files of a resource: their number and a hash of their names and contents (results.json).
struct ReportFiles {
  std::int64_t files = 0;
  std::string fingerprint;  ///< Empty: some could not be read.
  bool is_whole = false;    ///< The hash covers whole files, not only some blocks of each.
};

struct ReportRun {
  std::filesystem::path folder;
  std::uint64_t seed = 0;
  std::string device;
  int ranks = 1;  ///< That shared the training; of a resumed run, in its last part that had several.
  std::int64_t steps = 0;
  double seconds = 0;
  std::int64_t peak_bytes = 0;
  std::int64_t bound_bytes = 0;
  std::map<std::string, std::map<std::string, std::int64_t>> resources;  ///< Resource::facts() by resource.
  std::map<std::string, std::string> versions;  ///< Of Leat, libraries and plugins by name; empty for runs of earlier versions.
  std::map<std::string, ReportFiles> data;      ///< By resource that uses files.
  std::vector<std::string> warnings;
  std::vector<std::string> disclosures;  ///< Sentences on the origin of results (`Opening::disclose`).
  std::vector<PhaseActivity> phases;     ///< Times of nodes; only in a report of one run that has its event log.
  RanksActivity rank_times;              ///< As well; without ranks if the log has no times of several.
};

/// The results of finished runs. All lists are in the order of the graph.
struct Report {
  std::string title;
  std::string graph_hash;
  std::vector<ReportRun> runs;   ///< Ordered by seed.
  bool is_by_patient = false;    ///< The CIs draw patients, because some have several images.
  bool counts_patients = false;  ///< Some CIs over seeds also include the variation between patients.
  bool cuts_intervals = false;   ///< Some CIs end at a bound of their metric.
  std::vector<ReportFigure> figures;
  std::vector<JudgedWeights> weights;  ///< Of plans with `keep` alone.
  std::vector<std::string> systems;
  std::vector<ReportFigure> trivial;          ///< Metrics of a predictor that has learnt nothing; only for systems, without CIs.
  std::vector<ReportDifference> differences;  ///< Headline metrics of each system minus the first, and minus the previous.
  std::vector<std::string> sentences;         ///< Differences between systems that were observed on `about` and other tests.
  std::string about;                          ///< The phase of the first sentences; empty: there are none.
  std::string chance;                         ///< How many intervals of `differences` can leave out 0 by chance; empty: fewer than two.
  std::vector<std::string> notes;             ///< Whose weights were judged, and why a figure has no interval.
};

/// Reads the folders of finished runs. Throws Refusal if a run is not finished or cannot be read, if their graphs differ, or if two have
/// the same seed.
[[nodiscard]] Report make_report(std::span<const std::filesystem::path> runs);

/// Returns a sentence on the positive class of `sensitivity`, `specificity` and `positive_share` in a finished run; empty if it has none.
/// Throws Refusal if the run cannot be read.
[[nodiscard]] std::string positive_class_note(const std::filesystem::path& run);

}  // namespace leat
