#include "leat/comparison_text.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "report/report_table.h"
#include "report/report_words.h"

namespace leat {

using namespace report;

namespace {

bool counts_some_patients(const Comparison& comparison) {
  return std::any_of(comparison.metrics.begin(), comparison.metrics.end(), [](const ComparedMetric& one) { return one.counts_patients; });
}

}  // namespace

std::string comparison_pairing(const Comparison& comparison) {
  const bool has_patients = counts_some_patients(comparison);
  if (comparison.seeds.size() > 1) return has_patients ? "Paired by seed and image." : "Paired by seed.";
  return has_patients ? "Paired by image." : "Not paired.";
}

std::string comparison_method(const Comparison& comparison) {
  const auto& metrics = comparison.metrics;
  const auto intervals =
      std::count_if(metrics.begin(), metrics.end(), [](const ComparedMetric& one) { return has_ends(one.difference.interval); });
  const bool has_several = comparison.seeds.size() > 1;
  if (intervals == 0 && !has_several)
    return counts_some_patients(comparison)
               ? "There are no intervals and no p, because all draws of patients gave the same differences."
               : "There are no intervals and no p: with one run on each side, they need stored values of the same images on both sides. "
                 "Compare several seeds.";
  const bool has_equal = std::any_of(metrics.begin(), metrics.end(), [&](const ComparedMetric& one) {
    return std::isfinite(one.difference.interval.value) && !has_ends(one.difference.interval) && (one.counts_patients || has_several);
  });
  std::string out =
      has_several
          ? "95 % intervals and p are from Student's t. The variance is the sum of the variances over seeds and over patients "
            "(2,000 draws), with Satterthwaite's degrees of freedom. Holm's correction covers all rows."
          : "95 % intervals and p are over patients: Student's t on the variance of 2,000 draws, with as many degrees of freedom as "
            "patients less one. They describe this one training run. To see the variation "
            "between seeds, compare several runs.";
  if (intervals > 1)
    out += " There are " + std::to_string(intervals) +
           " intervals. Where there is no difference, about one in twenty such intervals leaves out 0 by chance; Holm's p allows for that.";
  if (has_several && counts_some_patients(comparison)) out += std::string(" ") + narrower_words;
  if (comparison.cuts_intervals) out += " Intervals are limited to the largest possible difference, such as 1 for fractions.";
  if (has_equal) out += " A difference that is the same in all seeds and draws has no interval and no p.";
  return out;
}

std::string comparison_warning(const Comparison& comparison) {
  std::map<std::string, std::int64_t> patients_of;
  for (const ComparedMetric& one : comparison.metrics)
    if (has_ends(one.difference.interval)) patients_of[one.phase + " " + one.name] = one.patients;
  return few_words(patients_of, comparison.is_by_patient ? "patient" : "image");
}

std::string comparison_footnote(const Comparison& comparison) {
  const bool has_several = comparison.seeds.size() > 1;
  const bool are_paired =
      std::all_of(comparison.metrics.begin(), comparison.metrics.end(), [](const ComparedMetric& one) { return one.counts_patients; });
  if (are_paired || (!has_several && !counts_some_patients(comparison))) return {};
  return has_several
             ? "* over seeds only: images were not stored or do not reproduce the metric, the last validation has replaced those of the "
               "kept "
               "weights, there is only one patient, or each seed evaluated other images. In the last case, the variance over seeds "
               "includes "
               "that over images."
             : "* no interval, because values of the same images are not stored on both sides, do not reproduce the metric, or are of one "
               "patient.";
}

std::string comparison_text(const Comparison& comparison) {
  ReportTable table;
  const std::string footnote = comparison_footnote(comparison);
  table.corner = "test";
  table.columns = {{"", "ours"}, {"", "theirs"}, {"", "difference"}, {"", "p"}, {"", "p, Holm"}};
  const bool has_patients = counts_some_patients(comparison);
  if (has_patients) table.columns.push_back({"", comparison.is_by_patient ? "patients" : "images"});
  for (const ComparedMetric& one : comparison.metrics) {
    table.rows.push_back({one.phase + " " + one.name + (one.counts_patients || footnote.empty() ? "" : " *"),
                          {{number_words(one.ours), ""},
                           {number_words(one.theirs), ""},
                           {interval_words(one.difference.interval, true), ""},
                           {p_words(one.difference.p), ""},
                           {p_words(one.holm), ""}}});
    if (has_patients) table.rows.back().cells.push_back({one.counts_patients ? with_separators(one.patients) : "-", ""});
  }
  std::string seeds;
  for (const std::uint64_t seed : comparison.seeds) seeds += (seeds.empty() ? "" : ", ") + std::to_string(seed);
  const bool has_same_seeds = comparison.seeds[0] == comparison.their_seed;
  std::string out = wrapped("ours: " + comparison.ours) + wrapped("theirs: " + comparison.theirs) +
                    wrapped(has_same_seeds ? "paired by seed: " + seeds
                                           : "seeds: " + seeds + " in ours, " + std::to_string(comparison.their_seed) + " in theirs") +
                    "\n" + table.text() + "\n";
  if (const std::string warning = comparison_warning(comparison); !warning.empty()) out += wrapped(warning);
  out += wrapped(comparison_method(comparison));
  for (const std::string& sentence : comparison.notes) out += wrapped(sentence);
  if (!footnote.empty()) out += wrapped(footnote);
  out += "\n" + wrapped(use_words);
  return out;
}

std::string comparison_json(const Comparison& comparison) {
  using nlohmann::json;
  json metrics = json::array();
  for (const ComparedMetric& one : comparison.metrics)
    metrics.push_back({{"phase", one.phase},
                       {"metric", one.name},
                       {"ours", number_or_null(one.ours)},
                       {"theirs", number_or_null(one.theirs)},
                       {"difference", number_or_null(one.difference.interval.value)},
                       {"low", number_or_null(one.difference.interval.low)},
                       {"high", number_or_null(one.difference.interval.high)},
                       {"p", number_or_null(one.difference.p)},
                       {"p_holm", number_or_null(one.holm)},
                       {"counts_patients", one.counts_patients},
                       {"patients", one.patients}});
  return json{{"version", 1},
              {"use", report::use_words},
              {"ours", comparison.ours},
              {"theirs", comparison.theirs},
              {"seeds", comparison.seeds},
              {"metrics", metrics},
              {"notes", comparison.notes}}
             .dump(2, ' ', false, json::error_handler_t::replace) +
         "\n";
}

}  // namespace leat
