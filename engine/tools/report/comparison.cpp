#include "leat/comparison.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

#include "leat/diagnostics.h"
#include "leat/file_marks.h"
#include "leat/wording.h"
#include "report/finished_run.h"
#include "report/patients.h"
#include "report/report_words.h"

namespace leat {

namespace {

using namespace report;

struct Name {
  std::string phase;
  std::string node;
  std::string metric;
  int headline = -1;
};

std::vector<Name> names_in_both(const FinishedRun& ours, const FinishedRun& theirs) {
  std::vector<Name> names;
  for (const MeasuredPhase& phase : ours.phases) {
    const MeasuredPhase* other = theirs.find_phase(phase.name);
    if (!other) continue;
    for (const Measured& one : phase.figures)
      if (std::any_of(other->figures.begin(), other->figures.end(),
                      [&](const Measured& two) { return two.node == one.node && two.metric == one.metric; }))
        names.push_back({phase.name, one.node, one.metric, one.headline});
  }
  return names;
}

std::string full(const Name& name) { return name.phase + "." + name.node + "." + name.metric; }

/// Returns the headline metrics of tests that only one side has: "`test.net.auc` of ours". Empty: there are none.
std::string unpaired_metrics(const FinishedRun& ours, const FinishedRun& theirs, const SideWords& sides) {
  const auto only_in = [](const FinishedRun& one, const FinishedRun& other) {
    std::string out;
    for (const MeasuredPhase& phase : one.phases)
      for (const Measured& metric : phase.figures)
        if (phase.kind == PhaseKind::Test && metric.headline >= 0 && !other.find(phase.name, metric.node, metric.metric))
          out += (out.empty() ? "`" : ", `") + phase.name + "." + metric.node + "." + metric.metric + "`";
    return out;
  };
  std::string out = only_in(ours, theirs);
  if (!out.empty()) out += " of " + sides.ours;
  const std::string only_theirs = only_in(theirs, ours);
  return only_theirs.empty() ? out : out + (out.empty() ? "" : "; ") + only_theirs + " of " + sides.theirs;
}

std::vector<Name> wanted(const FinishedRun& ours, const FinishedRun& theirs, std::span<const std::string> metrics, const SideWords& sides) {
  const std::vector<Name> all = names_in_both(ours, theirs);
  std::vector<Name> out;
  if (metrics.empty()) {
    for (const Name& one : all)
      if (one.headline >= 0 && ours.find_phase(one.phase)->kind == PhaseKind::Test) out.push_back(one);
    if (out.empty()) {
      const std::string unpaired = unpaired_metrics(ours, theirs, sides);
      throw Refusal("these runs have no headline metric of a test in common, such as accuracy, AUC or Dice" +
                    (unpaired.empty() ? "" : ": there is " + unpaired));
    }
    return out;
  }
  std::vector<std::string> known;
  for (const Name& one : all) known.push_back(full(one));
  for (const std::string& metric : metrics) {
    const auto found = std::find(known.begin(), known.end(), metric);
    if (found == known.end()) throw Refusal("the metric `" + metric + "` is not on both sides", {}, name_hint(metric, known));
    out.push_back(all[static_cast<std::size_t>(found - known.begin())]);
  }
  return out;
}

/// Throws Refusal if the classes of the two tables have other names. The same names in another order are the same classes.
void check_same_classes(const ImageRows& ours, const ImageRows& theirs, const Name& name) {
  std::vector<std::string> our = ours.classes(), their = theirs.classes();
  const std::string our_words = in_quotes(our), their_words = in_quotes(their);
  std::sort(our.begin(), our.end());
  std::sort(their.begin(), their.end());
  if (our == their || our.empty() || their.empty()) return;
  throw Refusal("the classes of `" + name.phase + "." + name.node + "` have other names on each side: " + our_words + " and " + their_words,
                {}, "give them the same names in both graphs, and run one again");
}

/// Throws Refusal if a metric means something else on each side, such as the sensitivity of another class: if its two definitions give
/// different values for the same rows.
void check_same_meaning(const FinishedRun& ours, const FinishedRun& theirs, const Name& name) {
  const ImageRows *our_rows = ours.find_images(name.phase, name.node), *their_rows = theirs.find_images(name.phase, name.node);
  const auto our = our_rows ? our_rows->figure(name.metric) : std::nullopt,
             their = their_rows ? their_rows->figure(name.metric) : std::nullopt;
  if (!our || !their) return;
  check_same_classes(*our_rows, *their_rows, name);
  const auto words = [](const std::optional<double>& value) { return value ? number_words(*value) : std::string("undefined"); };
  for (const ImageRows* rows : {our_rows, their_rows}) {
    const auto one = rows->value_of(*our), other = rows->value_of(*their);
    if (one.has_value() != other.has_value() || (one && std::abs(*one - *other) > 1e-9))
      throw Refusal(
          "`" + full(name) + "` means something else on each side: for the same images it is " + words(one) + " or " + words(other), {},
          "give the metric node its `classes` in the same order on both sides");
  }
}

/// Returns the variance over patients of the mean difference over seeds.
std::optional<PatientsVariance> variance_of_patients(const std::vector<FinishedRun>& ours, const std::vector<FinishedRun>& theirs,
                                                     const Name& name) {
  // The last validation has replaced the images of the kept weights' validation.
  const auto is_replaced = [&name](const FinishedRun& run) { return run.replaced_kept(name.phase); };
  if (std::any_of(ours.begin(), ours.end(), is_replaced) || std::any_of(theirs.begin(), theirs.end(), is_replaced)) return {};
  std::vector<Summand> sum;
  const double weight = 1 / static_cast<double>(ours.size());
  for (const FinishedRun& run : ours) sum.push_back({&run, name.node, weight});
  for (const FinishedRun& run : theirs) sum.push_back({&run, name.node, -weight});
  RandomKey key;
  key.key = RandomKey::of(0, name.phase, "comparison");
  return variance_over_patients(sum, name.phase, name.metric, key, 2000);
}

/// Returns a sentence for each difference between what two runs of one seed evaluated.
std::vector<std::string> differences_of_data(const FinishedRun& ours, const FinishedRun& theirs, const Name& name, bool has_seeds,
                                             const SideWords& sides) {
  std::vector<std::string> out;
  const ImageRows *our_rows = ours.find_images(name.phase, name.node), *their_rows = theirs.find_images(name.phase, name.node);
  if (!our_rows || !their_rows) return out;
  const std::set<std::string> our(our_rows->images().begin(), our_rows->images().end()),
      their(their_rows->images().begin(), their_rows->images().end());
  const std::string node =
      "`" + name.phase + "." + name.node + "`" + (has_seeds ? " of seed " + std::to_string(ours.facts.seed) : std::string());
  const std::vector<std::int64_t> rows = our_rows->rows_in(*their_rows);
  const auto common = rows.size() - static_cast<std::size_t>(std::count(rows.begin(), rows.end(), -1));
  const bool are_all_paired = common == our.size() && common == their.size();
  const std::vector<std::string> replaced = our_rows->images_with_other_contents(*their_rows);
  if (are_all_paired && (our != their || !replaced.empty()))
    out.push_back(node + " has other names for the same images in " + sides.ours + " and " + sides.theirs +
                  "; they are paired by the contents of their files.");
  const bool are_drawn = our_rows->are_drawn() && their_rows->are_drawn();
  if (!are_all_paired && !replaced.empty() && are_drawn)
    out.emplace_back("Each side drew its images from its own seed, so images with the same name are different images.");
  if (!are_all_paired && !replaced.empty() && !are_drawn)
    out.push_back(node + " evaluated other files under the same name for " + counted(replaced.size(), "image") + " (" +
                  first_names(replaced) + "), so the two sides have other data; evaluate both on the same files.");
  if (!are_all_paired && our != their) {
    out.push_back(node + " evaluated " + counted(our.size(), "image") + " in " + sides.ours + " and " + counted(their.size(), "image") +
                  " in " + sides.theirs + "; " + std::to_string(common) + (common == 1 ? " is" : " are") + " the same.");
  }
  const std::vector<std::string> other = our_rows->images_with_other_labels(*their_rows);
  if (!other.empty())
    out.push_back(node + " had another label on each side for " + counted(other.size(), "image") + " (" + first_names(other) +
                  "), so the two sides have other data.");
  return out;
}

enum class Evaluated { Kept, Last, Both, Unrecorded };

/// Returns which weights of these runs the one value of the phase is of.
Evaluated evaluated(const std::vector<FinishedRun>& runs, const std::string& phase) {
  const auto is_of_kept = [&phase](const FinishedRun& run) { return run.selecting_phase() == phase && run.has_kept(); };
  const auto is_unrecorded = [&phase](const FinishedRun& run) { return run.selecting_phase() == phase && !run.has_kept(); };
  const auto count = std::count_if(runs.begin(), runs.end(), is_of_kept);
  if (count == 0 && std::any_of(runs.begin(), runs.end(), is_unrecorded)) return Evaluated::Unrecorded;
  return count == 0 ? Evaluated::Last : count == static_cast<std::ptrdiff_t>(runs.size()) ? Evaluated::Kept : Evaluated::Both;
}

/// Returns a sentence on the weights of a validation; empty if no run kept any.
std::string weights_of_validation(const std::vector<FinishedRun>& ours, const std::vector<FinishedRun>& theirs, const std::string& phase,
                                  const SideWords& sides) {
  const Evaluated our = evaluated(ours, phase), their = evaluated(theirs, phase);
  if (our == Evaluated::Last && their == Evaluated::Last) return {};
  const auto words = [](Evaluated one) {
    return std::string(one == Evaluated::Kept   ? "the validation of the kept weights"
                       : one == Evaluated::Last ? "its last validation"
                       : one == Evaluated::Unrecorded
                           ? "its last validation (the version of Leat that ran it did not record that of the kept weights)"
                           : "the validation of the kept weights for some seeds, and the last one for others,");
  };
  return "`" + phase + "` is " +
         (our == their ? words(our) + " on both sides."
                       : words(our) + " in " + sides.ours + " and " + words(their) + " in " + sides.theirs + ".");
}

std::string seeds_words(const std::vector<std::uint64_t>& seeds) {
  std::string out = seeds.size() == 1 ? "seed " : "seeds ";
  for (std::size_t k = 0; k < seeds.size(); ++k) out += (k == 0 ? "" : ", ") + std::to_string(seeds[k]);
  return out;
}

/// Removes the runs of seeds that only one side has. Returns a sentence on them; empty: there are none. Throws Refusal if no seed is left.
std::string keep_common_seeds(std::vector<FinishedRun>& ours, std::vector<FinishedRun>& theirs, const SideWords& sides) {
  const auto seeds_of = [](const std::vector<FinishedRun>& runs) {
    std::vector<std::uint64_t> out;
    for (const FinishedRun& run : runs) out.push_back(run.facts.seed);
    return out;
  };
  const std::vector<std::uint64_t> our = seeds_of(ours), their = seeds_of(theirs);
  const auto only_in = [](const std::vector<std::uint64_t>& one, const std::vector<std::uint64_t>& other) {
    std::vector<std::uint64_t> out;
    std::set_difference(one.begin(), one.end(), other.begin(), other.end(), std::back_inserter(out));
    return out;
  };
  const std::vector<std::uint64_t> only_ours = only_in(our, their), only_theirs = only_in(their, our);
  if (only_ours.size() == our.size())
    throw Refusal("the two sides have no seed in common, but they are compared seed by seed: " + sides.ours + " has " + seeds_words(our) +
                  ", " + sides.theirs + " has " + seeds_words(their));
  const auto drop = [](std::vector<FinishedRun>& runs, const std::vector<std::uint64_t>& seeds) {
    std::erase_if(runs, [&](const FinishedRun& run) { return std::find(seeds.begin(), seeds.end(), run.facts.seed) != seeds.end(); });
  };
  drop(ours, only_ours);
  drop(theirs, only_theirs);
  std::string left_out;
  if (!only_ours.empty()) left_out = seeds_words(only_ours) + " of " + sides.ours;
  if (!only_theirs.empty()) left_out += (left_out.empty() ? "" : " and ") + seeds_words(only_theirs) + " of " + sides.theirs;
  return left_out.empty() ? "" : "Only the seeds that both sides have are compared. Left out: " + left_out + ".";
}

}  // namespace

Comparison compare_runs(std::span<const std::filesystem::path> ours, std::span<const std::filesystem::path> theirs,
                        std::span<const std::string> metrics, const SideWords& words) {
  std::vector<FinishedRun> our_runs = read_runs_of_one_graph(ours), their_runs = read_runs_of_one_graph(theirs);
  const auto called = [](const FinishedRun& run) { return run.title.empty() ? run.facts.folder.string() : run.title; };
  Comparison out{called(our_runs[0]), called(their_runs[0]), {}, their_runs[0].facts.seed, {}, {}};
  const auto note = [&out](const std::string& sentence) {
    if (!sentence.empty() && std::find(out.notes.begin(), out.notes.end(), sentence) == out.notes.end()) out.notes.push_back(sentence);
  };
  if (our_runs.size() == 1 && their_runs.size() == 1) {
    if (our_runs[0].facts.seed != their_runs[0].facts.seed)
      note("The two runs have the seeds " + std::to_string(our_runs[0].facts.seed) + " and " + std::to_string(their_runs[0].facts.seed) +
           ", so a difference can come from the seed alone.");
  } else {
    note(keep_common_seeds(our_runs, their_runs, words));
    out.their_seed = their_runs[0].facts.seed;
  }
  for (const FinishedRun& run : our_runs) out.seeds.push_back(run.facts.seed);
  const std::string unpaired = metrics.empty() ? unpaired_metrics(our_runs[0], their_runs[0], words) : "";
  if (!unpaired.empty()) note("Not compared, because the other side has no metric of this name: " + unpaired + ".");
  std::vector<double> p;
  std::set<std::string> told;
  for (const Name& name : wanted(our_runs[0], their_runs[0], metrics, words)) {
    check_same_meaning(our_runs[0], their_runs[0], name);
    if (told.insert(name.phase + "." + name.node).second)
      for (std::size_t k = 0; k < our_runs.size(); ++k)
        for (const std::string& sentence : differences_of_data(our_runs[k], their_runs[k], name, our_runs.size() > 1, words))
          note(sentence);
    note(weights_of_validation(our_runs, their_runs, name.phase, words));
    ComparedMetric one{name.phase, name.node + "." + name.metric, 0, 0, {}, 0, false};
    std::vector<double> differences;
    for (std::size_t k = 0; k < our_runs.size(); ++k) {
      const double a = our_runs[k].chosen_value(name.phase, name.node, name.metric),
                   b = their_runs[k].chosen_value(name.phase, name.node, name.metric);
      one.ours += a / static_cast<double>(our_runs.size());
      one.theirs += b / static_cast<double>(our_runs.size());
      differences.push_back(a - b);
    }
    const auto variance = variance_of_patients(our_runs, their_runs, name);
    one.counts_patients = variance.has_value();
    one.difference = mean_difference(differences, variance.value_or(PatientsVariance{}));
    if (variance) {
      one.patients = variance->patients;
      const ImageRows& rows = *our_runs[0].find_images(name.phase, name.node);
      out.is_by_patient = out.is_by_patient || one.patients < rows.count();
    }
    out.cuts_intervals =
        cut(one.difference.interval, of_differences(our_runs[0].bounds(name.phase, name.node, name.metric))) || out.cuts_intervals;
    p.push_back(one.difference.p);
    out.metrics.push_back(std::move(one));
  }
  const std::vector<double> corrected = holm(p);
  for (std::size_t k = 0; k < corrected.size(); ++k) out.metrics[k].holm = corrected[k];
  return out;
}

}  // namespace leat
