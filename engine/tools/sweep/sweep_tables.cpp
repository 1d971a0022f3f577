#include "leat/sweep_tables.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/scalar.h"
#include "leat/comparison_text.h"
#include "leat/diagnostics.h"
#include "leat/run_table.h"
#include "leat/wording.h"
#include "report/report_table.h"
#include "report/report_words.h"

namespace leat {

namespace {

using namespace report;

using RunsByFolder = std::map<std::string, const StoredRun*>;

RunsByFolder by_folder(const std::vector<StoredRun>& runs) {
  RunsByFolder out;
  for (const StoredRun& run : runs) out[run.folder] = &run;
  return out;
}

const StoredRun* find_finished(const RunsByFolder& runs, const SweepRow& row, std::uint64_t seed) {
  const auto found = runs.find(row.folder(seed));
  return found != runs.end() && found->second->status == RunStatus::Finished ? found->second : nullptr;
}

/// Returns true if the run has the row's settings, except for the budget.
bool has_settings_of(const StoredRun& run, const SweepRow& row) {
  return std::all_of(row.settings.begin(), row.settings.end(), [&](const Setting& setting) {
    if (std::find(row.budget.begin(), row.budget.end(), setting.key) != row.budget.end()) return true;
    return std::any_of(run.params.begin(), run.params.end(),
                       [&setting](const auto& param) { return param.first == setting.key && is_same_scalar(param.second, setting.value); });
  });
}

/// Returns the seconds that one run of a row will take: the mean of its system's finished runs with the same settings. 0: there are none.
double predicted_seconds(const Sweep& sweep, const SweepRow& row, const RunsByFolder& runs) {
  double sum = 0, count = 0;
  for (const SweepRow& other : sweep.rows) {
    if (other.system != row.system) continue;
    for (const std::uint64_t seed : other.seeds)
      if (const StoredRun* run = find_finished(runs, other, seed); run && has_settings_of(*run, row)) {
        sum += run->seconds;
        ++count;
      }
  }
  return count > 0 ? sum / count : 0;
}

/// Returns the row, with the same budget, of the system that the others are compared with.
const SweepRow* find_base(const Sweep& sweep, const SweepRow& row) {
  const std::string name = sweep.base + row.name.substr(row.system.size());
  for (const SweepRow& one : sweep.rows)
    if (one.system == sweep.base && one.name == name) return &one;
  return nullptr;
}

bool has_metric(const StoredRun& run, const std::string& metric) {
  return std::any_of(run.metrics.begin(), run.metrics.end(),
                     [&metric](const StoredMetric& one) { return one.phase + "." + one.name == metric; });
}

struct RowDifference {
  std::string row;
  std::size_t seeds = 0;
  std::vector<std::optional<ComparedMetric>> metrics;  ///< In the order of the sweep. nullopt: the metric cannot be compared.
  std::string why_not;                                 ///< The reason why no metric can be compared; empty if they can.
};

std::optional<RowDifference> compare(const Sweep& sweep, const SweepRow& row, const RunsByFolder& runs,
                                     const std::filesystem::path& folder) {
  const SweepRow* base = find_base(sweep, row);
  if (!base || base == &row) return {};
  std::vector<std::filesystem::path> ours, theirs;
  std::vector<std::string> both;
  for (const Named& metric : sweep.metrics) both.push_back(metric.text);
  for (const std::uint64_t seed : row.seeds) {
    const StoredRun *a = find_finished(runs, row, seed), *b = find_finished(runs, *base, seed);
    if (!a || !b) continue;
    ours.push_back(folder / a->folder);
    theirs.push_back(folder / b->folder);
    std::erase_if(both, [&](const std::string& metric) { return !has_metric(*a, metric) || !has_metric(*b, metric); });
  }
  if (ours.empty() || both.empty()) return {};
  RowDifference out{row.name, ours.size(), {}, {}};
  Comparison comparison;
  try {
    comparison = compare_runs(ours, theirs, both);
  } catch (const Refusal& refusal) {
    out.why_not = refusal.what() + (refusal.hint().empty() ? "" : "; " + refusal.hint());
    out.metrics.resize(sweep.metrics.size());
    return out;
  }
  for (const Named& metric : sweep.metrics) {
    const auto place = static_cast<std::size_t>(std::find(both.begin(), both.end(), metric.text) - both.begin());
    out.metrics.push_back(place < both.size() ? std::optional(comparison.metrics[place]) : std::nullopt);
  }
  return out;
}

/// Marks differences that are significant after Holm's correction over the whole table.
ReportTable table_of(const std::vector<RowDifference>& rows, const std::vector<Named>& metrics) {
  ReportTable table{"row", {{"", "seeds"}}, {}, true};
  for (const Named& metric : metrics) {
    const std::size_t dot = metric.text.find('.');
    table.columns.push_back({metric.text.substr(0, dot), metric.text.substr(dot + 1)});
  }
  std::vector<double> p;
  for (const RowDifference& row : rows)
    for (const auto& one : row.metrics)
      if (one) p.push_back(one->difference.p);
  const std::vector<double> corrected = holm(p);
  auto next = corrected.begin();
  for (const RowDifference& row : rows) {
    std::vector<ReportCell> cells{{std::to_string(row.seeds), ""}};
    for (const auto& one : row.metrics) {
      if (!one) {
        cells.push_back({"-", ""});
        continue;
      }
      const Interval& interval = one->difference.interval;
      const std::string words = interval_words(interval, true), figure = number_words(interval.value, true);
      const std::string mark = *next++ < 0.05 ? "*" : "";
      cells.push_back({figure + mark, words.size() > figure.size() ? words.substr(figure.size() + 1) : ""});
    }
    table.rows.push_back({row.row, std::move(cells)});
  }
  return table;
}

/// Returns a line, with a hint, for each metric of `compare` that no run has measured.
std::string unmeasured(const Sweep& sweep, const std::vector<StoredRun>& runs) {
  std::set<std::string> known;
  for (const StoredRun& run : runs)
    for (const StoredMetric& one : run.metrics) known.insert(one.phase + "." + one.name);
  std::string out;
  for (const Named& metric : sweep.metrics) {
    if (known.empty() || known.contains(metric.text)) continue;
    const std::string hint = name_hint(metric.text, {known.begin(), known.end()});
    out += wrapped("No finished run has measured `" + metric.text + "`" + (hint.empty() ? "." : "; " + hint));
  }
  return out;
}

}  // namespace

std::string sweep_plan_text(const Sweep& sweep, const std::vector<StoredRun>& runs) {
  const RunsByFolder known = by_folder(runs);
  ReportTable table{"row", {{"", "seeds"}, {"", "finished"}, {"", "a run takes"}, {"", "the others take"}}, {}, false};
  std::size_t all = 0, finished = 0, unknown = 0;
  double sum = 0;
  for (const SweepRow& row : sweep.rows) {
    const auto done = static_cast<std::size_t>(
        std::count_if(row.seeds.begin(), row.seeds.end(), [&](std::uint64_t seed) { return find_finished(known, row, seed) != nullptr; }));
    const std::size_t left = row.seeds.size() - done;
    const double seconds = predicted_seconds(sweep, row, known);
    all += row.seeds.size();
    finished += done;
    if (seconds > 0) sum += seconds * static_cast<double>(left);
    else unknown += left;
    table.rows.push_back({row.name,
                          {{std::to_string(row.seeds.size()), ""},
                           {std::to_string(done), ""},
                           {seconds > 0 ? duration_words(seconds) : "not known yet", ""},
                           {left == 0     ? "-"
                            : seconds > 0 ? duration_words(seconds * static_cast<double>(left))
                                          : "not known yet",
                            ""}}});
  }
  std::string words = counted(sweep.rows.size(), "row") + ", " + counted(all, "run") + "; " + std::to_string(finished) + " finished.";
  const std::size_t predicted = all - finished - unknown;
  if (predicted > 0) words += " One after another, " + counted(predicted, "run") + " will take about " + duration_words(sum) + ".";
  if (unknown > 0) words += " The time of " + counted(unknown, "run") + " is not known yet.";
  return table.text() + "\n" + wrapped(words);
}

std::string sweep_results_text(const Sweep& sweep, const std::vector<StoredRun>& runs) {
  const RunsByFolder known = by_folder(runs);
  std::vector<StoredRun> ordered;
  for (const SweepRow& row : sweep.rows)
    for (const std::uint64_t seed : row.seeds)
      if (const auto found = known.find(row.folder(seed)); found != known.end()) ordered.push_back(*found->second);
  return run_table_text(ordered, {.takes_means = true});
}

std::string sweep_comparison_text(const Sweep& sweep, const std::vector<StoredRun>& runs, const std::filesystem::path& folder) {
  if (sweep.base.empty()) return {};
  const RunsByFolder known = by_folder(runs);
  std::vector<RowDifference> rows;
  for (const SweepRow& row : sweep.rows)
    if (auto found = compare(sweep, row, known, folder)) rows.push_back(std::move(*found));
  if (rows.empty()) return wrapped("No run can be compared with one of " + sweep.base + " yet.") + unmeasured(sweep, runs);
  std::string refused;
  for (const RowDifference& row : rows)
    if (!row.why_not.empty()) refused += wrapped("`" + row.row + "` is not compared: " + row.why_not + ".");
  return wrapped("Differences from " + sweep.base +
                 ", paired by seed, with 95 % CIs over seeds and patients (one seed: over patients only). "
                 "*: p < 0.05 after Holm's correction for the whole table.") +
         "\n" + table_of(rows, sweep.metrics).text() + refused + unmeasured(sweep, runs);
}

}  // namespace leat
