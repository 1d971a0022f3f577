#include "leat/report.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>

#include "leat/thrown.h"
#include "report/finished_run.h"
#include "report/patients.h"
#include "report/report_of.h"
#include "report/report_words.h"
#include "report/systems.h"

namespace leat {

namespace {

using namespace report;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
/// Draws of patients for the variance that is added to that over seeds.
constexpr int draws_over_seeds = 500;

/// Returns the random key of a phase's draws. All systems of a phase have the same draws, so differences are of the same images.
RandomKey draws_of(const std::string& phase) {
  RandomKey key;
  key.key = RandomKey::of(0, phase, "report");
  return key;
}

/// Builds the report of some runs of one graph.
class Reporting {
 public:
  explicit Reporting(std::vector<FinishedRun> runs) : runs_(std::move(runs)), systems_(find_systems(runs_[0])) {}

  Report make() {
    out_.title = runs_[0].title;
    out_.graph_hash = runs_[0].graph_hash;
    out_.systems = systems_.names;
    for (const FinishedRun& run : runs_) out_.runs.push_back(run.facts);
    if (const auto log = runs_[0].facts.folder / "events.log"; runs_.size() == 1 && std::filesystem::exists(log)) add_activity(log);
    for (const MeasuredPhase& phase : runs_[0].phases) {
      add_weights(phase);
      for (const Measured& one : phase.figures) add_figure(phase, one);
    }
    tell_weights();
    // Tables of systems show headlines only.
    if (std::any_of(out_.figures.begin(), out_.figures.end(),
                    [](const ReportFigure& one) { return one.metric == "sensitivity" && one.system.empty(); }))
      if (const std::string sentence = positive_class_sentence(positive_classes(runs_)); !sentence.empty()) note(sentence);
    if (systems_.names.empty()) return whole();
    for (const MeasuredPhase& phase : runs_[0].phases)
      if (phase.kind != PhaseKind::Train) compare(phase);
    if (const auto addition = find_addition(runs_[0], systems_)) tell(*addition);
    out_.chance = chance_words(out_.differences);
    return whole();
  }

 private:
  /// Returns the report, with a note on what has no interval because all draws were equal.
  Report whole() {
    constexpr std::size_t most = 6;
    std::string words;
    for (std::size_t k = 0; k < std::min(equal_.size(), most); ++k) words += (k == 0 ? "" : ", ") + equal_[k];
    if (equal_.size() > most) words += " and " + std::to_string(equal_.size() - most) + " more";
    if (!words.empty())
      note(std::string("No interval, because all ") + (runs_.size() > 1 ? "seeds" : "draws of images") + " gave the same value: " + words +
           ".");
    return std::move(out_);
  }

  /// Adds the activity of the run. If the log cannot be read, only a warning is added.
  void add_activity(const std::filesystem::path& log) {
    try {
      RunActivity read = run_activity(log);
      out_.runs[0].phases = std::move(read.phases);
      out_.runs[0].rank_times = std::move(read.ranks);
      // results.json has the number of the last part, which can have evaluated only.
      out_.runs[0].ranks = std::max(out_.runs[0].ranks, static_cast<int>(out_.runs[0].rank_times.ranks.size()));
    } catch (...) {
      out_.runs[0].warnings.push_back("the activity of the run is not shown: " + words_of_current_exception());
    }
  }

  /// Returns a metric in every run, by seed; NaN if a run lacks it.
  [[nodiscard]] std::vector<double> values(const std::string& phase, const std::string& node, const std::string& metric) const {
    std::vector<double> out;
    for (const FinishedRun& run : runs_) out.push_back(run.value(phase, node, metric));
    return out;
  }

  [[nodiscard]] std::vector<Summand> summands(const std::string& node, double sign) const {
    std::vector<Summand> out;
    for (const FinishedRun& run : runs_) out.push_back({&run, node, sign / static_cast<double>(runs_.size())});
    return out;
  }

  /// Returns the mean over seeds with its interval. `of_patients` is known if all runs evaluated the same images.
  [[nodiscard]] Interval over_seeds(const std::vector<double>& by_seed, const std::optional<PatientsVariance>& of_patients, Bounds bounds) {
    out_.counts_patients = out_.counts_patients || of_patients;
    return within(mean_difference(by_seed, of_patients.value_or(PatientsVariance{})).interval, bounds);
  }

  [[nodiscard]] Interval within(Interval interval, Bounds bounds) {
    out_.cuts_intervals = cut(interval, bounds) || out_.cuts_intervals;
    return interval;
  }

  void add_interval(ReportFigure& out) {
    const auto& [phase, node, metric] = std::tie(out.phase, out.node, out.metric);
    const std::vector<double> all = values(phase, node, metric);
    out.interval = {all[0], unknown, unknown};
    for (const FinishedRun& run : runs_)
      if (const auto found = run.contradiction(phase, node, metric))
        note("images/" + phase + "." + node + ".csv gives " + number_words(*found) + " for `" + metric + "`, but results.json gives " +
             number_words(run.value(phase, node, metric)) + ", so the interval does not use the images.");
    const auto found = runs_[0].statistic(phase, node, metric);
    if (all.size() > 1) {
      if (found && has_groups(phase, node)) out_.is_by_patient = true;
      const auto variance = variance_over_patients(summands(node, 1), phase, metric, draws_of(phase), draws_over_seeds);
      out.interval = over_seeds(all, variance, runs_[0].bounds(phase, node, metric));
      out.patients = variance ? variance->patients : 0;
      if (found && variance) add_interval_of_equal(out);
      else if (found && !has_ends(out.interval)) add_no_interval(out, all);
      return;
    }
    if (!found) return;
    const auto& patients = runs_[0].find_images(phase, node)->patients();
    if (patients.size() < 2) {
      const bool is_image = runs_[0].find_images(phase, node)->count() == 1;
      note("`" + node + "` of " + phase + " evaluated one " + (is_image ? "image" : "patient") + ", so its metrics have no interval.");
      return;
    }
    if (has_groups(phase, node)) out_.is_by_patient = true;
    out.interval = within(bootstrap_interval(patients, *found, draws_of(phase)), runs_[0].bounds(phase, node, metric));
    out.patients = static_cast<std::int64_t>(patients.size());
    add_interval_of_equal(out);
  }

  /// Returns true if a patient has several of the images.
  [[nodiscard]] bool has_groups(const std::string& phase, const std::string& node) const {
    const ImageRows& images = *runs_[0].find_images(phase, node);
    return static_cast<std::int64_t>(images.patients().size()) < images.count();
  }

  void add_no_interval(const ReportFigure& out, const std::vector<double>& by_seed) {
    if (std::all_of(by_seed.begin(), by_seed.end(), [](double value) { return std::isfinite(value); })) equal_.push_back(place_of(out));
    else note("`" + out.node + "." + out.metric + "` of " + out.phase + " is undefined for some seeds, so it has no mean and no interval.");
  }

  [[nodiscard]] static std::string place_of(const ReportFigure& one) { return one.phase + " " + one.node + "." + one.metric; }

  /// Adds Wilson's interval to a fraction of rows whose seeds and draws of patients are all equal. Of another such metric, only a note is
  /// added.
  void add_interval_of_equal(ReportFigure& out) {
    if (has_ends(out.interval)) return;
    const auto patients = runs_[0].find_images(out.phase, out.node)->counted_patients(out.metric);
    if (!patients) {
      equal_.push_back(place_of(out));
      return;
    }
    out.interval = wilson_interval(out.interval.value, static_cast<double>(*patients));
    out.is_wilson = true;
  }

  void add_figure(const MeasuredPhase& phase, const Measured& one) {
    ReportFigure figure{.phase = phase.name, .node = one.node, .metric = one.metric, .headline = one.headline};
    figure.is_training = phase.kind == PhaseKind::Train;
    figure.is_test = phase.kind == PhaseKind::Test;
    figure.is_of_data = is_of_data(runs_[0].graph, phase.name, one.node);
    add_interval(figure);
    if (const auto split = systems_.split(one.node)) {
      figure.system = split->system;
      figure.task = split->task;
    }
    if (shows_kept(phase.name)) {
      ReportFigure kept = figure;
      kept.is_kept = true;
      std::vector<double> by_seed;
      for (const FinishedRun& run : runs_) {
        const auto found = run.kept->figures.find(one.node + "." + one.metric);
        by_seed.push_back(found == run.kept->figures.end() ? unknown : found->second);
      }
      // The last validation has replaced the table of images.
      kept.is_wilson = false;
      kept.patients = 0;
      kept.interval = by_seed.size() > 1 ? over_seeds(by_seed, {}, runs_[0].bounds(phase.name, one.node, one.metric))
                                         : Interval{by_seed[0], unknown, unknown};
      out_.figures.push_back(std::move(kept));
    }
    out_.figures.push_back(std::move(figure));
  }

  [[nodiscard]] bool all_keep() const {
    return std::all_of(runs_.begin(), runs_.end(), [](const FinishedRun& run) { return run.kept.has_value(); });
  }

  [[nodiscard]] std::vector<std::int64_t> steps_of(const std::string& phase, bool is_kept) const {
    std::vector<std::int64_t> out;
    for (const FinishedRun& run : runs_) {
      const auto found = run.weights_of.find(phase);
      out.push_back(is_kept && run.kept ? run.kept->step : found == run.weights_of.end() ? -1 : found->second);
    }
    return out;
  }

  /// Returns true if the phase is the validation and, for some seed, its last occurrence evaluated other weights than the kept ones.
  [[nodiscard]] bool shows_kept(const std::string& phase) const {
    const auto knows = [&](const FinishedRun& run) { return run.kept && run.weights_of.contains(phase); };
    return std::all_of(runs_.begin(), runs_.end(), knows) && runs_[0].kept->phase == phase &&
           steps_of(phase, true) != steps_of(phase, false);
  }

  void add_weights(const MeasuredPhase& phase) {
    // A run that an earlier version started can lack some.
    const auto knows = [&](const FinishedRun& run) { return run.weights_of.contains(phase.name); };
    if (!all_keep() || phase.kind == PhaseKind::Train || !std::all_of(runs_.begin(), runs_.end(), knows)) return;
    const std::vector<std::int64_t> kept = steps_of(phase.name, true), judged = steps_of(phase.name, false);
    const auto words = [&](const std::vector<std::int64_t>& steps) {
      if (std::equal(steps.begin() + 1, steps.end(), steps.begin())) return "step " + std::to_string(steps[0]);
      return std::string(steps == kept ? "kept" : "last");
    };
    if (shows_kept(phase.name)) out_.weights.push_back({phase.name, true, kept, words(kept)});
    out_.weights.push_back({phase.name, false, judged, words(judged)});
  }

  /// Adds a note on the weights that the phases evaluated.
  void tell_weights() {
    const auto listed = [](const std::vector<std::int64_t>& steps) {
      std::string out;
      const bool are_equal = std::equal(steps.begin() + 1, steps.end(), steps.begin());
      for (std::size_t k = 0; k < (are_equal ? 1 : steps.size()); ++k) out += (k == 0 ? "" : ", ") + std::to_string(steps[k]);
      return (are_equal ? "step " : "the steps ") + out + (are_equal ? "" : " (by seed)");
    };
    if (!out_.weights.empty()) {
      std::string words = "The plan's `keep` selected the weights of " + listed(steps_of("", true)) + ".";
      for (const JudgedWeights& one : out_.weights)
        if (!one.is_kept)
          words += " " + one.phase +
                   (one.steps == steps_of("", true) ? " evaluated the selected ones." : " evaluated those of " + listed(one.steps) + ".");
      if (shows_kept(runs_[0].kept->phase))
        words += " Images of " + runs_[0].kept->phase +
                 " are stored for its last occurrence only, so its other metrics do not use images for intervals.";
      note(words);
      return;
    }
    const auto& train = runs_[0].graph.plan.train;
    if (!train || train->keep.metrics.empty() || all_keep()) return;
    const std::string validation = train->validate_phase.text;
    const auto knows = [&](const FinishedRun& run) { return run.weights_of.contains(validation); };
    if (std::all_of(runs_.begin(), runs_.end(), knows)) {
      std::string seeds;
      for (const FinishedRun& run : runs_)
        if (!run.kept) seeds += (seeds.empty() ? "" : ", ") + std::to_string(run.facts.seed);
      note("The plan's `keep` selected no weights" + (runs_.size() == 1 ? "" : " for seed " + seeds) +
           ", because its metrics were undefined in " + "each validation. The other phases evaluated the last weights.");
      return;
    }
    if (runs_[0].find_phase(validation))
      note("The metrics of " + validation +
           " are those of its last occurrence. The run does not record which weights the plan's `keep` selected for the other phases.");
  }

  void note(const std::string& sentence) {
    if (std::find(out_.notes.begin(), out_.notes.end(), sentence) == out_.notes.end()) out_.notes.push_back(sentence);
  }

  /// Adds trivial baselines and differences of one phase.
  void compare(const MeasuredPhase& phase) {
    std::set<std::pair<std::string, std::string>> seen;
    for (const Measured& one : phase.figures) {
      const auto split = systems_.split(one.node);
      if (!split || one.headline < 0 || !seen.emplace(split->task, one.metric).second) continue;
      add_trivial(phase.name, one, *split);
      for (std::size_t k = 1; k < systems_.names.size(); ++k) {
        add_difference(phase.name, split->task, one, systems_.names[k], systems_.names[k - 1]);
        if (k > 1) add_difference(phase.name, split->task, one, systems_.names[k], systems_.names[0]);
      }
    }
  }

  void add_trivial(const std::string& phase, const Measured& one, const SystemTask& split) {
    std::vector<double> found;
    for (const FinishedRun& run : runs_) {
      const ImageRows* rows = run.find_images(phase, one.node);
      const auto share = rows ? rows->majority_share() : std::nullopt;
      if (share && one.metric == "accuracy") found.push_back(*share);
      if (share && one.metric == "auc") found.push_back(.5);
    }
    for (const double value : values(phase, one.node, "trivial_" + one.metric))
      if (std::isfinite(value)) found.push_back(value);
    if (found.size() != runs_.size()) return;
    ReportFigure trivial{.phase = phase, .node = one.node, .metric = one.metric, .system = "trivial", .task = split.task};
    trivial.interval = {mean_interval(found).value, unknown, unknown};
    trivial.headline = one.headline;
    out_.trivial.push_back(std::move(trivial));
  }

  void add_difference(const std::string& phase, const std::string& task, const Measured& measured, const std::string& ours,
                      const std::string& theirs) {
    const std::string& metric = measured.metric;
    const std::string our_node = ours + "_" + task, their_node = theirs + "_" + task;
    const std::vector<double> our_values = values(phase, our_node, metric), their_values = values(phase, their_node, metric);
    ReportDifference out{phase, task, metric, ours, theirs, {our_values[0] - their_values[0], unknown, unknown}, measured.headline};
    if (runs_.size() > 1) {
      std::vector<Summand> sum = summands(our_node, 1);
      const std::vector<Summand> minus = summands(their_node, -1);
      sum.insert(sum.end(), minus.begin(), minus.end());
      std::vector<double> differences;
      for (std::size_t k = 0; k < our_values.size(); ++k) differences.push_back(our_values[k] - their_values[k]);
      const auto variance = variance_over_patients(sum, phase, metric, draws_of(phase), draws_over_seeds);
      out.interval = over_seeds(differences, variance, of_differences(runs_[0].bounds(phase, measured.node, metric)));
      out.patients = variance ? variance->patients : 0;
      if (!has_ends(out.interval)) add_equal(out);
    } else {
      const auto our = runs_[0].statistic(phase, our_node, metric), their = runs_[0].statistic(phase, their_node, metric);
      const ImageRows* rows = runs_[0].find_images(phase, our_node);
      if (our && their && rows->patients().size() > 1 && rows->images() == runs_[0].find_images(phase, their_node)->images()) {
        const Interval drawn = bootstrap_interval(
            rows->patients(),
            [&](std::span<const std::int64_t> items) -> std::optional<double> {
              const auto a = (*our)(items), b = (*their)(items);
              return a && b ? std::optional(*a - *b) : std::nullopt;
            },
            draws_of(phase));
        out.interval = within(drawn, of_differences(runs_[0].bounds(phase, measured.node, metric)));
        out.patients = static_cast<std::int64_t>(rows->patients().size());
        if (!has_ends(out.interval)) add_equal(out);
      }
    }
    if (std::isfinite(out.interval.value)) out_.differences.push_back(std::move(out));
  }

  void add_equal(ReportDifference& one) {
    one.is_equal = std::isfinite(one.interval.value);
    if (one.is_equal)
      equal_.push_back(one.phase + " " + one.ours + "_" + one.task + "." + one.metric + " − " + one.theirs + "_" + one.task + "." +
                       one.metric);
  }

  /// Adds what was observed on a phase, without a statement on its cause.
  void tell(const Addition& addition) {
    const auto differences_on = [&](const std::string& phase, const std::string& theirs) {
      std::vector<ReportDifference> found;
      for (const ReportDifference& one : out_.differences)
        if (one.phase == phase && one.ours == addition.larger && one.theirs == theirs) found.push_back(one);
      return found;
    };
    const auto differences = [&](const std::string& theirs) { return differences_on(addition.phase, theirs); };
    std::vector<std::uint64_t> seeds;
    for (const ReportRun& run : out_.runs) seeds.push_back(run.seed);
    const std::string also = addition.larger + ", which also had the unlabelled images of " + addition.what + ",";
    out_.sentences.push_back(observed_sentence(also, differences(addition.smaller), seeds));
    if (systems_.names[0] != addition.smaller)
      out_.sentences.push_back(observed_sentence(addition.larger, differences(systems_.names[0]), seeds));
    std::erase(out_.sentences, "");
    if (out_.sentences.empty()) return;
    out_.about = addition.phase;
    for (const MeasuredPhase& phase : runs_[0].phases)
      if (phase.kind == PhaseKind::Test && phase.name != addition.phase)
        out_.sentences.push_back(elsewhere_sentence(differences(addition.smaller), differences_on(phase.name, addition.smaller)));
    std::erase(out_.sentences, "");
    if (seeds.size() == 1)
      out_.sentences.emplace_back("One training run cannot tell how much of such a difference comes from its seed: report several seeds.");
  }

  std::vector<FinishedRun> runs_;
  Systems systems_;
  Report out_;
  std::vector<std::string> equal_;  ///< What has no interval because all draws were equal.
};

}  // namespace

Report report::report_of(std::vector<FinishedRun> runs) { return Reporting(std::move(runs)).make(); }

Report make_report(std::span<const std::filesystem::path> runs) { return report_of(read_runs_of_one_graph(runs)); }

std::string positive_class_note(const std::filesystem::path& run) {
  const FinishedRun read = read_finished_run(run);
  return positive_class_sentence(positive_classes(std::span(&read, 1)));
}

}  // namespace leat
