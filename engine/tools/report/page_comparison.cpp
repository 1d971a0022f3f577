#include "report/page_comparison.h"

#include "base/json.h"
#include "leat/comparison_text.h"
#include "leat/diagnostics.h"
#include "report/report_words.h"

namespace leat::report {

using nlohmann::json;

json comparison_of(std::span<const std::filesystem::path> ours, std::span<const std::filesystem::path> theirs,
                   const std::function<std::string(const std::string&)>& plain) {
  json metrics = json::array(), notes = json::array();
  try {
    const Comparison found = compare_runs(ours, theirs, {}, {"the second", "the first"});
    for (const ComparedMetric& one : found.metrics) {
      const Interval& interval = one.difference.interval;
      metrics.push_back({{"phase", one.phase},
                         {"name", one.name},
                         {"words", metric_words(one.name.substr(one.name.rfind('.') + 1))},
                         {"ours", number_or_null(one.ours)},
                         {"theirs", number_or_null(one.theirs)},
                         {"interval", {number_or_null(interval.value), number_or_null(interval.low), number_or_null(interval.high)}},
                         {"p", number_or_null(one.holm)},
                         {"is_by_seed", !one.counts_patients},
                         {"patients", one.patients}});
    }
    for (const std::string& sentence : found.notes) notes.push_back(plain(sentence));
    return {{"metrics", metrics},
            {"notes", notes},
            {"pairing", comparison_pairing(found)},
            {"method", comparison_method(found)},
            {"warning", comparison_warning(found)},
            {"by", found.is_by_patient ? "patients" : "images"},
            {"footnote", comparison_footnote(found)},
            {"problem", ""}};
  } catch (const Refusal& refusal) {
    return {{"metrics", metrics},
            {"notes", notes},
            {"method", ""},
            {"problem", plain(refusal.what() + (refusal.hint().empty() ? "" : "; " + refusal.hint()))}};
  }
}

}  // namespace leat::report
