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
  double value = 0;  ///< Not a number: undefined.
  Bounds bounds;
  int headline = -1;  ///< Its place among the headlines; -1: none.
};

struct MeasuredPhase {
  std::string name;
  PhaseKind kind = PhaseKind::Test;
  std::vector<Measured> figures;  ///< By node as the graph has them, headline metrics first.
};

/// The validation whose weights the plan's `keep` chose.
struct KeptValidation {
  std::string phase;
  std::int64_t step = 0;
  std::map<std::string, double> figures;  ///< By `node.metric`; empty: they were not recorded.
};

/// A run's folder, read: results.json, graph.yaml for the order of things, and the tables in images/.
struct FinishedRun {
  ReportRun facts;
  std::string title;
  std::string graph_hash;
  std::vector<std::pair<std::string, std::string>> params;
  GraphDescription graph;  ///< Empty where graph.yaml cannot be read.
  std::vector<MeasuredPhase> phases;
  std::optional<KeptValidation> kept;
  std::map<std::string, std::int64_t> weights_of;  ///< By phase that judged: the training steps of the weights that it judged.
  std::map<std::string, ImageRows> images;         ///< By `phase.node`.

  [[nodiscard]] const MeasuredPhase* find_phase(const std::string& name) const;
  /// Not a number where it was not measured.
  [[nodiscard]] double value(const std::string& phase, const std::string& node, const std::string& metric) const;
  [[nodiscard]] const Measured* find(const std::string& phase, const std::string& node, const std::string& metric) const;
  /// The statistic of its images behind a figure, if these reproduce it.
  [[nodiscard]] std::optional<Statistic> statistic(const std::string& phase, const std::string& node, const std::string& metric) const;
  /// What its images make of a figure, where that is another number; nothing where they agree or do not tell.
  [[nodiscard]] std::optional<double> contradiction(const std::string& phase, const std::string& node, const std::string& metric) const;
  /// As the node declared them, or as they follow from how the metric is computed.
  [[nodiscard]] Bounds bounds(const std::string& phase, const std::string& node, const std::string& metric) const;
  [[nodiscard]] const ImageRows* find_images(const std::string& phase, const std::string& node) const;
};

/// Throws Refusal, with the reason.
[[nodiscard]] std::ifstream open_to_read(const std::filesystem::path& file);
/// Throws Refusal.
[[nodiscard]] FinishedRun read_finished_run(const std::filesystem::path& folder);
/// The same without the tables in images/.
[[nodiscard]] FinishedRun read_figures(const std::filesystem::path& folder);

/// Several, by seed. Throws Refusal also where there is none, where their graphs differ, and where two have one seed.
[[nodiscard]] std::vector<FinishedRun> read_runs_of_one_graph(std::span<const std::filesystem::path> folders);

/// Cuts an interval at the bounds; true: it reached beyond.
bool cut(Interval& interval, Bounds bounds);
/// Of differences of two figures with these bounds.
[[nodiscard]] inline Bounds of_differences(Bounds bounds) { return {bounds.low - bounds.high, bounds.high - bounds.low}; }

/// Orders headlines, in summaries: by their place, then by name.
[[nodiscard]] inline std::pair<int, std::string> headline_order(int headline, const std::string& metric) {
  return {headline < 0 ? std::numeric_limits<int>::max() : headline, metric};
}

}  // namespace leat::report
