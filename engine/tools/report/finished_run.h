#pragma once

#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "leat/description.h"
#include "leat/metric.h"
#include "leat/report.h"
#include "report/image_rows.h"

namespace leat::report {

struct Measured {
  std::string node;
  std::string metric;
  double value = 0;  ///< NaN: undefined.
  Bounds bounds;
  int headline = -1;       ///< Position among the headline metrics; -1: it is not one.
  std::string sentence{};  ///< What it is, as its node declares it; empty for runs of earlier versions.
};

struct MeasuredPhase {
  std::string name;
  PhaseKind kind = PhaseKind::Test;
  std::vector<Measured> figures;  ///< By node in the order of the graph, headline metrics first.
};

/// The samples of one part and class of a data set (results.json).
struct CountedSamples {
  std::string data;  ///< A resource, or a source as `phase.node`.
  std::string part;
  std::string class_name;
  std::int64_t images = 0, labels = 0, masks = 0, patients = 0;
};

/// The validation whose weights the plan's `keep` selected.
struct KeptValidation {
  std::string phase;
  std::int64_t step = 0;
  std::map<std::string, double> figures;  ///< By `node.metric`; empty: they were not recorded.
};

/// Contents of a run's folder: results.json, graph.yaml (for the order of nodes and phases), and the tables in images/.
struct FinishedRun {
  ReportRun facts;
  std::string title;
  std::string graph_hash;
  std::vector<std::pair<std::string, std::string>> params;
  GraphDescription graph;  ///< Empty if graph.yaml cannot be read.
  std::vector<MeasuredPhase> phases;
  std::optional<KeptValidation> kept;
  std::map<std::string, std::int64_t> weights_of;  ///< By phase: the training step of the weights that it evaluated.
  std::map<std::string, ImageRows> images;         ///< By `phase.node`.
  std::vector<CountedSamples> samples;             ///< Empty for runs of earlier versions, as `lengths`.
  std::map<std::string, std::int64_t> lengths;     ///< By source, as `phase.node`: the number of its samples.

  [[nodiscard]] const MeasuredPhase* find_phase(const std::string& name) const;
  /// Returns the value of a metric; NaN if it was not recorded.
  [[nodiscard]] double value(const std::string& phase, const std::string& node, const std::string& metric) const;
  /// Returns the phase by whose metrics `keep` selected weights; empty: it selected none.
  [[nodiscard]] std::string selecting_phase() const;
  /// Returns true if the metrics of `selecting_phase` for the selected weights are known.
  [[nodiscard]] bool has_kept() const;
  /// Returns true if the plan kept weights, and the phase's last occurrence was a validation of others. False if theirs was not recorded.
  [[nodiscard]] bool replaced_kept(const std::string& phase) const;
  /// Returns the one value that stands for the run: of a validation that of the kept weights, otherwise `value`.
  [[nodiscard]] double chosen_value(const std::string& phase, const std::string& node, const std::string& metric) const;
  [[nodiscard]] const Measured* find(const std::string& phase, const std::string& node, const std::string& metric) const;
  /// Returns the statistic of a metric over its images, if they reproduce its value.
  [[nodiscard]] std::optional<Statistic> statistic(const std::string& phase, const std::string& node, const std::string& metric) const;
  /// Returns the value that the images give for a metric if it differs from the recorded one; nullopt if it agrees or cannot be computed.
  [[nodiscard]] std::optional<double> contradiction(const std::string& phase, const std::string& node, const std::string& metric) const;
  /// Returns the bounds that the node declared, or those that follow from the definition of the metric.
  [[nodiscard]] Bounds bounds(const std::string& phase, const std::string& node, const std::string& metric) const;
  [[nodiscard]] const ImageRows* find_images(const std::string& phase, const std::string& node) const;
};

/// Reads a file. Throws Refusal, with the reason.
[[nodiscard]] std::ifstream open_to_read(const std::filesystem::path& file);
/// Returns the contents of a file. Throws Refusal, with the reason.
[[nodiscard]] std::string text_in(const std::filesystem::path& file);
/// Throws Refusal.
[[nodiscard]] FinishedRun read_finished_run(const std::filesystem::path& folder);
/// Reads a run without the tables in images/. Throws Refusal.
[[nodiscard]] FinishedRun read_figures(const std::filesystem::path& folder);

/// Reads several runs, sorted by seed, with what identifies their images. Throws Refusal, also if there are none, if their graphs differ,
/// or if two have the same seed.
[[nodiscard]] std::vector<FinishedRun> read_runs_of_one_graph(std::span<const std::filesystem::path> folders);

/// Returns the places `phase.node` of these runs that have a positive class, by this class.
[[nodiscard]] std::map<std::string, std::vector<std::string>> positive_classes(std::span<const FinishedRun> runs);

/// Returns true if a node says something of the images and nothing of the network: `metric.intensities`.
[[nodiscard]] bool is_of_data(const GraphDescription& graph, const std::string& phase, const std::string& node);

/// Limits an interval to the bounds. Returns true if it exceeded them.
bool cut(Interval& interval, Bounds bounds);
/// Returns the bounds of the difference of two values with these bounds.
[[nodiscard]] inline Bounds of_differences(Bounds bounds) { return {bounds.low - bounds.high, bounds.high - bounds.low}; }

/// Returns the sort key of metrics in summaries: headline metrics by position, each followed by that of single classes and structures, such
/// as `dice_heart` after `dice`; then the others.
[[nodiscard]] std::pair<int, std::string> headline_order(int headline, const std::string& metric);

}  // namespace leat::report
