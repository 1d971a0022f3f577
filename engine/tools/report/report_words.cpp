#include "report/report_words.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace leat::report {

namespace {

std::string printed(const char* format, double number) {
  char text[48];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

std::string decimals(double number) { return printed("%.3f", std::abs(number)); }

template <class Key>
void add_once(std::vector<Key>& all, const Key& key) {
  if (std::find(all.begin(), all.end(), key) == all.end()) all.push_back(key);
}

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t k = 0; k < words.size(); ++k) out += (k == 0 ? "" : k + 1 == words.size() ? " and " : ", ") + words[k];
  return out;
}

}  // namespace

std::string number_words(double number, bool is_signed) {
  if (!std::isfinite(number)) return "-";
  // For example, a learning rate. A difference of this size is printed as 0.
  if (!is_signed && number != 0 && std::abs(number) < .0005) return printed("%.1e", number);
  const bool is_whole = number == std::floor(number) && std::abs(number) < 1e15;
  std::string size = std::abs(number) < 10 ? decimals(number)
                     : is_whole            ? printed("%.0f", std::abs(number))
                                           : printed("%.4g", std::abs(number));
  const bool is_zero = size.find_first_of("123456789") == std::string::npos;
  return (is_zero ? "" : number < 0 ? "-" : is_signed ? "+" : "") + size;
}

std::string p_words(double p) {
  constexpr double least = .001;
  return std::isfinite(p) && p < least ? "<0.001" : number_words(p);
}

bool has_ends(const Interval& interval) { return std::isfinite(interval.low) && std::isfinite(interval.high); }

std::string with_separators(std::int64_t number) {
  std::string out = std::to_string(number);
  for (int at = static_cast<int>(out.size()) - 3; at > 0; at -= 3) out.insert(static_cast<std::size_t>(at), ",");
  return out;
}

std::string interval_words(const Interval& interval, bool is_signed) {
  const std::string value = number_words(interval.value, is_signed);
  return has_ends(interval) ? value + " [" + number_words(interval.low, is_signed) + ", " + number_words(interval.high, is_signed) + "]"
                            : value;
}

namespace {

/// Prints an end that is near 0, of an interval without 0, with as many digits as show that it is not 0.
std::string difference_words(const Interval& interval) {
  constexpr double half_digit = .0005;
  const bool has_zero = !has_ends(interval) || (interval.low <= 0 && interval.high >= 0);
  const auto end = [&](double number) {
    return has_zero || std::abs(number) >= half_digit ? number_words(number, true) : printed("%+.1g", number);
  };
  return has_zero ? interval_words(interval, true)
                  : number_words(interval.value, true) + " [" + end(interval.low) + ", " + end(interval.high) + "]";
}

bool is_near_zero(double number) { return number_words(number, true).find_first_of("123456789") == std::string::npos; }

/// Returns the metric of one of these differences, with its task if others have the same metric.
std::string name_among(const ReportDifference& one, const std::vector<ReportDifference>& all) {
  const auto is_same_metric = [&](const ReportDifference& other) { return other.metric == one.metric; };
  const bool is_sole = std::count_if(all.begin(), all.end(), is_same_metric) == 1;
  return (is_sole ? "" : one.task + " ") + metric_words(one.metric);
}

/// Returns the values of differences: `accuracy +0.088 [+0.060, +0.116], AUC +0.001 (no interval)`.
std::string values_words(const std::vector<ReportDifference>& differences) {
  std::string out;
  const bool has_intervals =
      std::any_of(differences.begin(), differences.end(), [](const ReportDifference& one) { return has_ends(one.interval); });
  for (const ReportDifference& one : differences)
    out += (out.empty() ? "" : ", ") + name_among(one, differences) + " " + difference_words(one.interval) +
           (has_intervals && !has_ends(one.interval) ? " (no interval)" : "");
  return out;
}

}  // namespace

std::string metric_words(const std::string& metric) {
  static constexpr std::array<std::pair<const char*, const char*>, 5> words{
      {{"auc", "AUC"}, {"dice", "Dice"}, {"share", "gate share"}, {"pseudo_accuracy", "pseudo-label accuracy"}, {"jaccard", "Jaccard"}}};
  for (const auto& [name, word] : words)
    if (metric == name) return word;
  return metric;
}

std::string observed_sentence(const std::string& ours, const std::vector<ReportDifference>& differences,
                              const std::vector<std::uint64_t>& seeds) {
  std::vector<std::string> higher, lower, unclear, equal;
  for (const ReportDifference& one : differences) {
    const std::string name = name_among(one, differences);
    if (has_ends(one.interval)) (one.interval.low > 0 ? higher : one.interval.high < 0 ? lower : unclear).push_back(name);
    if (one.is_equal) equal.push_back(name);
  }
  const std::string figures = values_words(differences);
  if (figures.empty()) return {};
  const bool has_intervals =
      std::any_of(differences.begin(), differences.end(), [](const ReportDifference& one) { return has_ends(one.interval); });
  const std::string runs = seeds.size() == 1 ? "1 training run, seed " + std::to_string(seeds[0]) + ", paired by image"
                                             : std::to_string(seeds.size()) + " seeds, paired by seed";
  std::string out = "On " + differences[0].phase + ", " + ours + " differed from " + differences[0].theirs + " by: " + figures + " (" +
                    runs + (has_intervals ? "; 95 % intervals in brackets" : "") + ").";
  if (!higher.empty()) out += " Observed to be higher: " + listed(higher) + ".";
  if (!lower.empty()) out += " Observed to be lower: " + listed(lower) + ".";
  if (!unclear.empty())
    out += " No difference in " + listed(unclear) +
           " was shown: " + (unclear.size() > 1 ? "their intervals include 0." : "its interval includes 0.");
  if (!equal.empty())
    out += " No interval for " + listed(equal) + ", because all " + (seeds.size() > 1 ? "seeds" : "draws of images") +
           " gave the same difference.";
  return out;
}

std::string elsewhere_sentence(const std::vector<ReportDifference>& here, const std::vector<ReportDifference>& elsewhere) {
  if (here.empty() || elsewhere.empty()) return {};
  std::vector<std::string> turned;
  for (const ReportDifference& one : elsewhere)
    for (const ReportDifference& other : here)
      if (one.task == other.task && one.metric == other.metric && !is_near_zero(one.interval.value) &&
          !is_near_zero(other.interval.value) && (one.interval.value > 0) != (other.interval.value > 0))
        turned.push_back(name_among(one, elsewhere));
  return "On " + elsewhere[0].phase + ", " + elsewhere[0].ours + " differed from " + elsewhere[0].theirs +
         " by: " + values_words(elsewhere) + "." +
         (turned.empty() ? "" : " The sign of " + listed(turned) + " is the other way than on " + here[0].phase + ".");
}

std::string chance_words(const std::vector<ReportDifference>& differences) {
  const auto count = [&](auto matches) { return std::count_if(differences.begin(), differences.end(), matches); };
  const auto all = count([](const ReportDifference& one) { return has_ends(one.interval); });
  const auto apart =
      count([](const ReportDifference& one) { return has_ends(one.interval) && (one.interval.low > 0 || one.interval.high < 0); });
  if (all < 2) return {};
  return "There are " + std::to_string(all) + " differences with 95 % intervals; " + std::to_string(apart) +
         (apart == 1 ? " interval leaves" : " intervals leave") +
         " out 0. Where there is no difference, about one in twenty such intervals leaves out 0 by chance.";
}

std::string positive_class_sentence(const std::map<std::string, std::vector<std::string>>& places_of_class) {
  if (places_of_class.empty()) return {};
  const std::string metrics = "sensitivity, specificity and positive_share: ";
  if (places_of_class.size() == 1) return metrics + "`" + places_of_class.begin()->first + "` is the positive class.";
  std::vector<std::string> each;
  for (const auto& [name, places] : places_of_class) each.push_back("`" + name + "` in " + listed(places));
  std::string out = metrics + "the positive class is ";
  for (std::size_t k = 0; k < each.size(); ++k) out += (k == 0 ? "" : k + 1 == each.size() ? ", but " : ", ") + each[k];
  return out + ".";
}

std::string duration_words(double seconds) {
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (whole >= 3600) return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
  if (whole >= 60) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return seconds < 10 ? printed("%.1f s", seconds) : std::to_string(whole) + " s";
}

std::string percent_words(double share) { return printed("%.0f %%", 100 * share); }

namespace {

std::string noun_of(const Report& report) { return report.is_by_patient ? "patient" : "image"; }

/// Returns over how many patients or images the intervals of each phase are: `250 in test, 40 or 38 in elsewhere`.
std::string numbers_words(const Report& report) {
  std::vector<std::string> phases;
  for (const ReportFigure& one : report.figures)
    if (one.patients > 0 && has_ends(one.interval)) add_once(phases, one.phase);
  std::string out;
  for (const std::string& phase : phases) {
    std::vector<std::string> numbers;
    for (const ReportFigure& one : report.figures)
      if (one.phase == phase && one.patients > 0 && has_ends(one.interval)) add_once(numbers, with_separators(one.patients));
    for (std::size_t k = 0; k < numbers.size(); ++k) out += (k > 0 ? " or " : out.empty() ? "" : ", ") + numbers[k];
    out += " in " + phase;
  }
  return out;
}

}  // namespace

std::string few_words(const std::map<std::string, std::int64_t>& patients_of, const std::string& noun) {
  std::string places;
  for (const auto& [place, patients] : patients_of)
    if (patients > 0 && patients < few_clusters) places += (places.empty() ? "" : ", ") + std::to_string(patients) + " in " + place;
  if (places.empty()) return {};
  return "WARNING: intervals are over very few " + noun + "s: " + places + ". So few cannot show how " + noun +
         "s differ, and Student's t supposes a normal " + "distribution. Evaluate more " + noun + "s.";
}

std::string few_words(const Report& report) {
  std::map<std::string, std::int64_t> patients_of;
  for (const ReportFigure& one : report.figures) {
    if (one.patients == 0 || !has_ends(one.interval)) continue;
    std::int64_t& least = patients_of.emplace(one.phase, one.patients).first->second;
    least = std::min(least, one.patients);
  }
  return few_words(patients_of, noun_of(report));
}

std::string wilson_words(const Report& report) {
  const bool has_wilson = std::any_of(report.figures.begin(), report.figures.end(), [](const ReportFigure& one) { return one.is_wilson; });
  if (!has_wilson) return {};
  return "W: Wilson's score interval over " + noun_of(report) + "s, because all draws" + (report.runs.size() > 1 ? " and seeds" : "") +
         " gave the same value.";
}

std::string method_words(const Report& report) {
  const bool has_any =
      std::any_of(report.figures.begin(), report.figures.end(), [](const ReportFigure& one) { return has_ends(one.interval); });
  if (!has_any) return {};
  const std::string noun = noun_of(report), numbers = numbers_words(report),
                    bounds = report.cuts_intervals ? " Intervals are limited to the bounds of their metric, such as 0 and 1 for a fraction."
                                                   : "";
  if (report.runs.size() > 1)
    return "Means over " + std::to_string(report.runs.size()) + " seeds and 95 % intervals" +
           (report.counts_patients
                ? " over seeds and, if all seeds evaluated the same images, " + noun + "s (Student's t with Satterthwaite's degrees of " +
                      "freedom, 500 draws of " + noun + "s: " + numbers + "). They differ from those of `leat runs --mean`, which are " +
                      "over seeds only. " + narrower_words
                : " over seeds (Student's t), as in `leat runs --mean`.") +
           bounds;
  return "95 % intervals by " + noun + " (percentile bootstrap, 2,000 draws, widened by Student's t for the number of " + noun +
         "s: " + numbers + (few_words(report).empty() ? "" : "; below 10, it is Student's t on the variance of the draws") +
         "). They describe this one training run. To see the variation between seeds, report several runs." + bounds;
}

}  // namespace leat::report
