#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "leat/description.h"
#include "leat/report.h"
#include "report/image_rows.h"

namespace leat::report {

struct Measured {
  std::string node;
  std::string metric;
  double value = 0;  ///< Not a number: undefined.
};

struct MeasuredPhase {
  std::string name;
  PhaseKind kind = PhaseKind::Test;
  std::vector<Measured> figures;  ///< By node as the graph has them, headline metrics first.
};

/// A run's folder, read: results.json, graph.yaml for the order of things, and the tables in images/.
struct FinishedRun {
  ReportRun facts;
  std::string title;
  std::string graph_hash;
  std::vector<std::pair<std::string, std::string>> params;
  GraphDescription graph;  ///< Empty where graph.yaml cannot be read.
  std::vector<MeasuredPhase> phases;
  std::map<std::string, ImageRows> images;  ///< By `phase.node`.

  [[nodiscard]] const MeasuredPhase* find_phase(const std::string& name) const;
  /// Not a number where it was not measured.
  [[nodiscard]] double value(const std::string& phase, const std::string& node, const std::string& metric) const;
  /// The statistic of its images behind a figure, if these reproduce it.
  [[nodiscard]] std::optional<Statistic> statistic(const std::string& phase, const std::string& node, const std::string& metric) const;
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

/// accuracy, auc, dice, share, pseudo_accuracy: what a summary shows, by their place in it; -1 for all others.
[[nodiscard]] int headline(const std::string& metric);

}  // namespace leat::report
