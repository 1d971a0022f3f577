#include "leat/pooled_text.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "leat/diagnostics.h"
#include "leat/wording.h"
#include "report/pooled_folds.h"
#include "report/report_of.h"
#include "report/report_table.h"
#include "report/report_words.h"

namespace leat {

namespace {

using namespace report;

/// Rows of a sweep that differ in the fold alone.
struct Folds {
  std::string name;
  std::vector<const SweepRow*> rows;

  [[nodiscard]] std::set<std::uint64_t> seeds() const {
    std::set<std::uint64_t> out;
    for (const SweepRow* row : rows) out.insert(row->seeds.begin(), row->seeds.end());
    return out;
  }
};

std::vector<Folds> folds_of(const Sweep& sweep) {
  std::vector<Folds> out;
  for (const SweepRow& row : sweep.rows) {
    if (row.pooled_name.empty()) continue;
    auto found = std::find_if(out.begin(), out.end(), [&row](const Folds& one) { return one.name == row.pooled_name; });
    if (found == out.end()) found = out.insert(out.end(), {row.pooled_name, {}});
    found->rows.push_back(&row);
  }
  return out;
}

/// Pools the folds of each seed whose runs have all finished.
class Pooling {
 public:
  Pooling(const Sweep& sweep, const std::vector<StoredRun>& runs, const std::filesystem::path& folder) : sweep_(sweep), folder_(folder) {
    for (const StoredRun& run : runs)
      if (run.status == RunStatus::Finished) finished_.insert(run.folder);
  }

  std::string text() {
    for (const Folds& folds : folds_of(sweep_)) add(folds);
    std::string out = wrapped("Out-of-fold figures, pooled over `" + sweep_.pool +
                              "`: the images of all folds are judged together, each by the network that was not trained on it. The 95 % "
                              "CIs are over patients, and over seeds where there are several.");
    for (const SweepRow& row : sweep_.rows)
      if (row.pooled_name.empty()) notes_.push_back("`" + row.name + "` is not pooled: its graph has no parameter `" + sweep_.pool + "`");
    if (!rows_.empty()) out += "\n" + table().text();
    for (const std::string& note : notes_) out += wrapped(note + ".");
    return out;
  }

 private:
  struct Row {
    std::string name;
    std::vector<ReportCell> first;            ///< Folds, seeds and images.
    std::map<std::string, ReportCell> cells;  ///< By `phase.node.metric`.
  };

  void add(const Folds& folds) {
    if (folds.rows.size() == 1) {
      notes_.push_back("`" + folds.rows[0]->name + "` is not pooled: no other row differs from it in `" + sweep_.pool + "` alone");
      return;
    }
    std::vector<FinishedRun> pooled;
    std::set<std::string> notes;
    for (const std::uint64_t seed : folds.seeds()) {
      std::vector<std::filesystem::path> found;
      for (const SweepRow* row : folds.rows)
        if (finished_.contains(row->folder(seed))) found.push_back(folder_ / row->folder(seed));
      if (found.size() < folds.rows.size()) {
        notes_.push_back("`" + folds.name + "`, seed " + std::to_string(seed) + ", is not pooled: " + std::to_string(found.size()) +
                         " of " + counted(folds.rows.size(), "fold") + " have a finished run");
        continue;
      }
      try {
        PooledFolds made = pool_folds(found);
        made.run.facts.folder = folder_ / folds.name;
        for (const std::string& note : made.notes) notes.insert(note);
        pooled.push_back(std::move(made.run));
      } catch (const Refusal& refusal) {
        notes.insert("`" + folds.name + "`, seed " + std::to_string(seed) + ", is not pooled: " + refusal.what());
      }
    }
    notes_.insert(notes_.end(), notes.begin(), notes.end());
    if (!pooled.empty()) add_row(folds, std::move(pooled));
  }

  void add_row(const Folds& folds, std::vector<FinishedRun> pooled) {
    std::set<std::int64_t> images;
    for (const auto& [place, rows] : pooled[0].images) images.insert(rows.count());
    std::vector<std::string> counts;
    for (const std::int64_t count : images) counts.push_back(std::to_string(count));
    Row row{folds.name, {{std::to_string(folds.rows.size()), ""}, {std::to_string(pooled.size()), ""}, {joined(counts, ", "), ""}}, {}};
    const Report report = report_of(std::move(pooled));
    for (const ReportFigure& one : report.figures) {
      const std::string metric = one.phase + "." + one.node + "." + one.metric;
      const auto is_compared = [&](const Named& named) { return named.text == metric; };
      const bool is_main = headline_order(one.headline, one.metric).first < std::numeric_limits<int>::max();
      if (!is_main && std::none_of(sweep_.metrics.begin(), sweep_.metrics.end(), is_compared)) continue;
      if (std::find(metrics_.begin(), metrics_.end(), metric) == metrics_.end()) metrics_.push_back(metric);
      const std::string words = interval_words(one.interval), figure = number_words(one.interval.value);
      row.cells[metric] = {figure, words.size() > figure.size() ? words.substr(figure.size() + 1) : ""};
    }
    rows_.push_back(std::move(row));
  }

  [[nodiscard]] ReportTable table() const {
    ReportTable out{"row", {{"", "folds"}, {"", "seeds"}, {"", "images"}}, {}, true};
    for (const std::string& metric : metrics_) {
      const std::size_t dot = metric.find('.');
      out.columns.push_back({metric.substr(0, dot), metric.substr(dot + 1)});
    }
    for (const Row& row : rows_) {
      std::vector<ReportCell> cells = row.first;
      for (const std::string& metric : metrics_) {
        const auto found = row.cells.find(metric);
        cells.push_back(found == row.cells.end() ? ReportCell{"-", ""} : found->second);
      }
      out.rows.push_back({row.name, std::move(cells)});
    }
    return out;
  }

  const Sweep& sweep_;
  std::filesystem::path folder_;
  std::set<std::string> finished_;    ///< Folders of finished runs.
  std::vector<std::string> metrics_;  ///< `phase.node.metric`, in the order of the graphs.
  std::vector<Row> rows_;
  std::vector<std::string> notes_;
};

}  // namespace

std::string sweep_pooled_text(const Sweep& sweep, const std::vector<StoredRun>& runs, const std::filesystem::path& folder) {
  return sweep.pool.empty() ? "" : Pooling(sweep, runs, folder).text();
}

}  // namespace leat
