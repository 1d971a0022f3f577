#include "leat/report_text.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "base/text_table.h"
#include "report/finished_run.h"
#include "report/rank_table.h"
#include "report/report_table.h"
#include "report/report_words.h"

namespace leat {

namespace {

using namespace report;

struct ColumnKey {
  std::string phase;
  std::string task;
  std::string metric;
  int headline = -1;
  bool is_kept = false;
  auto operator<=>(const ColumnKey&) const = default;
};

bool counts(const std::string& metric) {
  static constexpr std::array names{"images", "dropped", "undefined", "empty_reference", "empty_prediction"};
  return std::find(names.begin(), names.end(), metric) != names.end();
}

ReportCell cell_of(const ReportFigure& one, bool has_dash) {
  const auto& [metric, interval] = std::tie(one.metric, one.interval);
  const bool is_whole = counts(metric) && interval.value == static_cast<double>(static_cast<std::int64_t>(interval.value));
  ReportCell cell{is_whole ? std::to_string(static_cast<std::int64_t>(interval.value)) : number_words(interval.value), ""};
  if (has_ends(interval) && !is_whole) cell.interval = number_words(interval.low) + (has_dash ? "–" : ", ") + number_words(interval.high);
  if (one.is_wilson) cell.interval += " W";
  return cell;
}

/// Returns the weights that a phase evaluated, such as `step 120` or `kept`; empty if the plan keeps no weights.
std::string weights_words(const Report& report, const std::string& phase, bool is_kept) {
  for (const JudgedWeights& one : report.weights)
    if (one.phase == phase && one.is_kept == is_kept) return one.words;
  return {};
}

template <class Key>
void add_once(std::vector<Key>& all, const Key& key) {
  if (std::find(all.begin(), all.end(), key) == all.end()) all.push_back(key);
}

/// Table of systems by headline metrics and phases.
class SystemsTable {
 public:
  explicit SystemsTable(const Report& report) : report_(report) {
    for (const ReportFigure& one : report.figures)
      if (!one.system.empty() && one.headline >= 0) add_once(keys_, {one.phase, one.task, one.metric, one.headline, one.is_kept});
    for (const ColumnKey& key : keys_) add_once(tasks_, key.task);
    // Columns of the same metric are adjacent. Phases and tasks have the order of the graph.
    std::stable_sort(keys_.begin(), keys_.end(), [this](const ColumnKey& a, const ColumnKey& b) { return place(a) < place(b); });
  }

  [[nodiscard]] ReportTable table(bool has_dash) const {
    ReportTable out;
    out.has_intervals_below = true;
    for (const ColumnKey& key : keys_) out.columns.push_back(heading(key));
    if (!report_.trivial.empty()) out.rows.push_back(row("trivial", report_.trivial, has_dash));
    for (const std::string& system : report_.systems) out.rows.push_back(row(system, report_.figures, has_dash));
    return out;
  }

 private:
  [[nodiscard]] bool is_lone(const ColumnKey& key) const {
    return std::none_of(keys_.begin(), keys_.end(), [&](const ColumnKey& other) { return other != key && other.metric == key.metric; });
  }

  [[nodiscard]] std::pair<std::pair<int, std::string>, std::ptrdiff_t> place(const ColumnKey& key) const {
    return {headline_order(key.headline, key.metric), std::find(tasks_.begin(), tasks_.end(), key.task) - tasks_.begin()};
  }

  /// Returns the phase, with the weights that it evaluated if the plan keeps weights.
  [[nodiscard]] std::string phase_words(const ColumnKey& key) const {
    const std::string words = weights_words(report_, key.phase, key.is_kept);
    return words.empty() ? key.phase : key.phase + " " + words;
  }

  [[nodiscard]] ReportTable::Column heading(const ColumnKey& key) const {
    const bool is_sole_task = std::none_of(keys_.begin(), keys_.end(),
                                           [&](const ColumnKey& other) { return other.metric == key.metric && other.task != key.task; });
    const std::string words = (is_sole_task ? "" : key.task + " ") + metric_words(key.metric);
    const std::size_t space = words.rfind(' ');
    // A metric with a single column needs no phase. Its words use both lines of the heading.
    if (!is_lone(key)) return {words, phase_words(key)};
    return space == std::string::npos ? ReportTable::Column{words, phase_words(key)}
                                      : ReportTable::Column{words.substr(0, space), words.substr(space + 1)};
  }

  [[nodiscard]] ReportTable::Row row(const std::string& system, const std::vector<ReportFigure>& figures, bool has_dash) const {
    ReportTable::Row out{system, {}};
    for (const ColumnKey& key : keys_) {
      const auto found = std::find_if(figures.begin(), figures.end(), [&](const ReportFigure& one) {
        return one.system == system && one.phase == key.phase && one.task == key.task && one.metric == key.metric &&
               one.is_kept == key.is_kept;
      });
      out.cells.push_back(found == figures.end() ? ReportCell{"-", ""} : cell_of(*found, has_dash));
    }
    return out;
  }

  const Report& report_;
  std::vector<ColumnKey> keys_;
  std::vector<std::string> tasks_;
};

/// Returns the table of differences: a column per headline metric, a row per pair of systems and phase.
ReportTable differences_table(const Report& report) {
  ReportTable out;
  std::vector<std::pair<std::string, std::string>> columns;
  std::vector<std::pair<std::string, std::string>> pairs;
  std::vector<std::string> phases;
  for (const ReportDifference& one : report.differences) {
    add_once(columns, {one.task, one.metric});
    add_once(pairs, {one.ours, one.theirs});
    add_once(phases, one.phase);
  }
  out.corner = std::string("difference, paired by ") + (report.runs.size() > 1 ? "seed" : "image");
  for (const auto& [task, metric] : columns) {
    const auto same = std::count_if(columns.begin(), columns.end(), [&](const auto& other) { return other.second == metric; });
    out.columns.push_back({"", (same > 1 ? task + " " : "") + metric_words(metric)});
  }
  for (const std::string& phase : phases)
    for (const auto& [ours, theirs] : pairs) {
      ReportTable::Row row{phase + "  " + ours + " − " + theirs, {}};
      for (const auto& [task, metric] : columns) {
        const auto found = std::find_if(report.differences.begin(), report.differences.end(), [&](const ReportDifference& one) {
          return one.phase == phase && one.ours == ours && one.theirs == theirs && one.task == task && one.metric == metric;
        });
        ReportCell cell{"-", ""};
        if (found != report.differences.end()) {
          cell.figure = number_words(found->interval.value, true);
          if (has_ends(found->interval))
            cell.interval = number_words(found->interval.low, true) + ", " + number_words(found->interval.high, true);
        }
        row.cells.push_back(cell);
      }
      out.rows.push_back(std::move(row));
    }
  return out;
}

/// Returns tables of the metrics that belong to no system, one row per metric. Phases with the same metrics are adjacent columns. If there
/// are systems, metrics of the training phase are in the JSON report only.
std::vector<ReportTable> metric_tables(const Report& report) {
  using Occurrence = std::pair<std::string, bool>;  // A phase, and whether it is the validation of the kept weights.
  struct Group {
    std::vector<Occurrence> phases;
    std::vector<std::string> rows;
    std::vector<const ReportFigure*> figures;
  };
  std::vector<Group> groups;
  std::vector<Occurrence> phases;
  // Tests first, and the training last.
  const auto rank = [](const ReportFigure& one) { return one.is_test ? 0 : one.is_training ? 2 : 1; };
  for (int wanted = 0; wanted <= 2; ++wanted)
    for (const ReportFigure& one : report.figures)
      if (rank(one) == wanted && !one.is_of_data) add_once(phases, {one.phase, one.is_kept});
  for (const Occurrence& phase : phases) {
    std::vector<const ReportFigure*> own;
    for (const ReportFigure& one : report.figures)
      if (one.phase == phase.first && one.is_kept == phase.second && one.system.empty() && !one.is_of_data &&
          (report.systems.empty() || !one.is_training))
        own.push_back(&one);
    if (own.empty()) continue;
    const auto shares = [&](const Group& group) {
      return std::any_of(own.begin(), own.end(), [&](const ReportFigure* one) {
        return std::find(group.rows.begin(), group.rows.end(), one->node + "." + one->metric) != group.rows.end();
      });
    };
    auto group = std::find_if(groups.begin(), groups.end(), shares);
    if (group == groups.end()) group = groups.insert(groups.end(), Group{});
    group->phases.push_back(phase);
    for (const ReportFigure* one : own) {
      add_once(group->rows, one->node + "." + one->metric);
      group->figures.push_back(one);
    }
  }
  std::vector<ReportTable> out;
  for (const Group& group : groups) {
    ReportTable table;
    const bool have_weights = std::any_of(group.phases.begin(), group.phases.end(), [&](const Occurrence& phase) {
      return !weights_words(report, phase.first, phase.second).empty();
    });
    for (const auto& [phase, is_kept] : group.phases)
      table.columns.push_back(have_weights ? ReportTable::Column{phase, weights_words(report, phase, is_kept)}
                                           : ReportTable::Column{"", phase});
    for (const std::string& name : group.rows) {
      ReportTable::Row row{name, {}};
      for (const Occurrence& phase : group.phases) {
        const auto found = std::find_if(group.figures.begin(), group.figures.end(), [&](const ReportFigure* one) {
          return one->phase == phase.first && one->is_kept == phase.second && one->node + "." + one->metric == name;
        });
        row.cells.push_back(found == group.figures.end() ? ReportCell{"-", ""} : cell_of(**found, false));
      }
      table.rows.push_back(std::move(row));
    }
    out.push_back(std::move(table));
  }
  return out;
}

/// Returns the words of all runs, without repetitions.
template <class Words>
std::string said_once(const std::vector<ReportRun>& runs, Words words) {
  std::vector<std::string> all;
  for (const ReportRun& run : runs) add_once(all, words(run));
  std::string out;
  for (const std::string& one : all) out += (out.empty() ? "" : " and ") + one;
  return out;
}

std::string facts(const Report& report) {
  const std::vector<ReportRun>& runs = report.runs;
  std::string seeds;
  double seconds = 0;
  std::int64_t peak = 0;
  for (const ReportRun& run : runs) {
    seeds += (seeds.empty() ? "" : ", ") + std::to_string(run.seed);
    seconds += run.seconds;
    peak = std::max(peak, run.peak_bytes);
  }
  const std::string who =
      runs.size() == 1 ? runs[0].folder.string() + ": seed " + seeds : std::to_string(runs.size()) + " runs: seeds " + seeds;
  const bool has_ranks = std::any_of(runs.begin(), runs.end(), [](const ReportRun& run) { return run.ranks > 1; });
  const std::string ranks = said_once(runs, [](const ReportRun& run) { return std::to_string(run.ranks); });
  const std::string steps = said_once(runs, [](const ReportRun& run) { return std::to_string(run.steps); });
  return who + "; device " + said_once(runs, [](const ReportRun& run) { return run.device; }) + "; " +
         (has_ranks ? "trained on " + ranks + " ranks; " : "") + (steps == "0" ? "" : steps + " training steps; ") +
         duration_words(seconds) + (runs.size() > 1 ? " in all" : "") + "; at most " + size_words(peak) + " in flight";
}

/// Returns the labels for training and validation, and the size of networks: "chex 100 + 100 labels, jsrt 10 + 10 masks (training +
/// validation); net 1,965,155 weights, 53,188 multiply-adds a pixel".
std::string budget_words(const ReportRun& run) {
  std::string labels, weights;
  for (const auto& [name, facts] : run.resources) {
    for (const std::string what : {"labels", "masks"})
      if (facts.contains(what))
        labels += (labels.empty() ? "" : ", ") + name + " " + with_separators(facts.at(what)) + " + " +
                  with_separators(facts.at("validation_" + what)) + " " + what;
    if (facts.contains("weights"))
      weights += (weights.empty() ? "" : ", ") + name + " " + with_separators(facts.at("weights")) + " weights";
    if (facts.contains("multiply_adds")) weights += ", " + with_separators(facts.at("multiply_adds")) + " multiply-adds a pixel";
  }
  if (!labels.empty()) labels += " (training + validation)";
  return labels + (labels.empty() || weights.empty() ? "" : "; ") + weights;
}

/// Returns how a phase's time was used: the fraction in which the device lane ran, and the work of the workers.
std::string time_words(const PhaseActivity& phase) {
  double device = 0, workers = 0;
  bool has_device = false;
  std::vector<const NodeActivity*> busiest;
  for (const NodeActivity& node : phase.nodes) {
    (node.lane == "device" ? device : workers) += node.busy;
    if (node.lane != "device") busiest.push_back(&node);
    has_device = has_device || node.lane == "device";
  }
  std::stable_sort(busiest.begin(), busiest.end(), [](const NodeActivity* a, const NodeActivity* b) { return a->busy > b->busy; });
  std::string out = phase.name + ": " + std::to_string(phase.steps) + " steps in " + duration_words(phase.seconds);
  if (has_device) out += "; the device lane ran " + percent_words(device / phase.seconds) + " of that time";
  if (busiest.empty()) return out;
  out += "; the workers' nodes ran " + duration_words(workers) + " together";
  constexpr std::size_t named = 3;
  constexpr double least_seconds = 0.05;
  std::string most;
  for (std::size_t k = 0; k < std::min(named, busiest.size()) && busiest[k]->busy >= least_seconds; ++k)
    most += (k == 0 ? "most `" : ", `") + busiest[k]->name + "` " + duration_words(busiest[k]->busy);
  return most.empty() ? out : out + " (" + most + ")";
}

/// Returns the times of the phases of a single run that took at least a second.
std::string times(const Report& report) {
  std::string out;
  if (report.runs.size() != 1) return out;
  for (const PhaseActivity& phase : report.runs[0].phases)
    if (phase.seconds >= 1) out += wrapped(time_words(phase));
  return out;
}

std::vector<std::string> warnings(const Report& report) {
  std::vector<std::string> out;
  for (const ReportRun& run : report.runs)
    for (const std::string& sentence : run.disclosures) add_once(out, "note: " + sentence);
  for (const ReportRun& run : report.runs)
    for (const std::string& warning : run.warnings) add_once(out, "warning: " + warning);
  return out;
}

/// Returns the report as text or Markdown. `print` formats a table.
template <class Print>
std::string pages(const Report& report, const std::string& title, bool has_dash, Print print) {
  std::string out = title;
  const auto add = [&](const std::string& text) { out += (out.empty() || text.empty() ? "" : "\n") + text; };
  add(wrapped(facts(report)));
  if (const std::string words = said_once(report.runs, budget_words); !words.empty()) out += wrapped(words);
  if (!report.systems.empty()) add(print(SystemsTable(report).table(has_dash)));
  for (const ReportTable& table : metric_tables(report)) add(print(table));
  if (!report.differences.empty()) add(print(differences_table(report)));
  for (const std::string& sentence : report.sentences) add(wrapped(sentence));
  if (!report.chance.empty()) add(wrapped(report.chance));
  add(times(report));
  if (report.runs.size() == 1 && !report.runs[0].rank_times.ranks.empty()) {
    add(print(rank_table(report.runs[0].rank_times)));
    add(below_rank_table(report.runs[0].rank_times));
  }
  const bool shows_wilson = std::any_of(report.figures.begin(), report.figures.end(), [&](const ReportFigure& one) {
    return one.is_wilson && (report.systems.empty() || !one.is_training);
  });
  if (const std::string words = few_words(report); !words.empty()) add(wrapped(words));
  if (const std::string words = method_words(report) + (shows_wilson ? " " + wilson_words(report) : ""); !words.empty())
    add(wrapped(words));
  for (std::size_t k = 0; k < report.notes.size(); ++k) out += (k == 0 ? "\n" : "") + wrapped(report.notes[k]);
  const std::vector<std::string> warned = warnings(report);
  for (std::size_t k = 0; k < warned.size(); ++k) out += (k == 0 ? "\n" : "") + wrapped(warned[k]);
  add(wrapped(use_words));
  return out;
}

}  // namespace

std::string report_text(const Report& report) {
  return pages(report, report.title.empty() ? "" : wrapped(report.title), true, [](const ReportTable& table) { return table.text(); });
}

std::string report_markdown(const Report& report) {
  return pages(report, report.title.empty() ? "" : "**" + report.title + "**\n", false,
               [](const ReportTable& table) { return table.markdown(); });
}

}  // namespace leat
