#include <algorithm>
#include <map>

#include "base/scalar.h"
#include "leat/run_table.h"
#include "leat/sweep.h"
#include "record/report_table.h"
#include "record/report_words.h"

namespace leat {

namespace {

using namespace record;

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

/// But for its budget.
bool has_settings_of(const StoredRun& run, const SweepRow& row) {
  return std::all_of(row.settings.begin(), row.settings.end(), [&](const Setting& setting) {
    if (std::find(row.budget.begin(), row.budget.end(), setting.key) != row.budget.end()) return true;
    return std::any_of(run.params.begin(), run.params.end(), [&setting](const auto& param) {
      return param.first == setting.key && is_same_scalar(param.second, setting.value);
    });
  });
}

/// Of one run of a row: the mean of the finished ones of its system. 0: none has finished.
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

std::string counted(std::size_t count, const std::string& word) { return std::to_string(count) + " " + word + (count == 1 ? "" : "s"); }

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
                           {left == 0 ? "-" : seconds > 0 ? duration_words(seconds * static_cast<double>(left)) : "not known yet", ""}}});
  }
  std::string words = counted(sweep.rows.size(), "row") + ", " + counted(all, "run") + "; " + std::to_string(finished) + " finished.";
  const std::size_t predicted = all - finished - unknown;
  if (predicted > 0) words += " One after another, " + counted(predicted, "run") + " will take about " + duration_words(sum) + ".";
  if (unknown > 0) words += " What " + counted(unknown, "run") + " will take is not known yet.";
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

}  // namespace leat
