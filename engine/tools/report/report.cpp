#include "leat/report.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "leat/thrown.h"
#include "report/finished_run.h"
#include "report/patients.h"
#include "report/report_words.h"
#include "report/systems.h"

namespace leat {

namespace {

using namespace report;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// All systems of a phase are drawn alike, so that differences are of the same images.
RandomKey draws_of(const std::string& phase) {
  RandomKey key;
  key.key = RandomKey::of(0, phase, "report");
  return key;
}

/// Puts the report of some runs together.
class Reporting {
 public:
  explicit Reporting(std::vector<FinishedRun> runs) : runs_(std::move(runs)), systems_(find_systems(runs_[0])) {}

  Report make() {
    out_.title = runs_[0].title;
    out_.graph_hash = runs_[0].graph_hash;
    out_.systems = systems_.names;
    for (const FinishedRun& run : runs_) out_.runs.push_back(run.facts);
    if (const auto log = runs_[0].facts.folder / "events.log"; runs_.size() == 1 && std::filesystem::exists(log)) add_activity(log);
    for (const MeasuredPhase& phase : runs_[0].phases)
      for (const Measured& one : phase.figures) add_figure(phase, one);
    if (systems_.names.empty()) return std::move(out_);
    for (const MeasuredPhase& phase : runs_[0].phases)
      if (phase.kind != PhaseKind::Train) compare(phase);
    if (const auto addition = find_addition(runs_[0], systems_)) tell(*addition);
    return std::move(out_);
  }

 private:
  /// How busy the run was comes beside its figures: a log that cannot be read costs that alone.
  void add_activity(const std::filesystem::path& log) {
    try {
      out_.runs[0].phases = activity(log);
    } catch (...) {
      out_.runs[0].warnings.push_back("what the run did is not shown: " + words_of_current_exception());
    }
  }

  /// A figure in every run, by seed; not a number where a run lacks it.
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

  /// Where all judged the same images, other patients are reckoned with as well as other seeds.
  [[nodiscard]] Interval mean_over_seeds(const std::vector<double>& by_seed, const std::vector<Summand>& sum, const std::string& phase,
                                         const std::string& metric) {
    constexpr int draws = 500;
    const auto variance = variance_over_patients(sum, phase, metric, draws_of(phase), draws);
    out_.counts_patients = out_.counts_patients || variance;
    return mean_difference(by_seed, variance.value_or(0)).interval;
  }

  [[nodiscard]] Interval interval(const std::string& phase, const std::string& node, const std::string& metric) {
    const std::vector<double> all = values(phase, node, metric);
    if (all.size() > 1) return mean_over_seeds(all, summands(node, 1), phase, metric);
    const auto found = runs_[0].statistic(phase, node, metric);
    if (!found) return {all[0], unknown, unknown};
    const auto& patients = runs_[0].find_images(phase, node)->patients();
    if (static_cast<std::int64_t>(patients.size()) < runs_[0].find_images(phase, node)->count()) out_.is_by_patient = true;
    return bootstrap_interval(patients, *found, draws_of(phase));
  }

  void add_figure(const MeasuredPhase& phase, const Measured& one) {
    ReportFigure figure{
        phase.name, one.node, one.metric, "", "", phase.kind == PhaseKind::Train, interval(phase.name, one.node, one.metric)};
    if (const auto split = systems_.split(one.node)) {
      figure.system = split->system;
      figure.task = split->task;
    }
    out_.figures.push_back(std::move(figure));
  }

  /// Trivial figures and differences of one phase.
  void compare(const MeasuredPhase& phase) {
    std::set<std::pair<std::string, std::string>> seen;
    for (const Measured& one : phase.figures) {
      const auto split = systems_.split(one.node);
      if (!split || headline(one.metric) < 0 || !seen.emplace(split->task, one.metric).second) continue;
      add_trivial(phase.name, one, *split);
      for (std::size_t k = 1; k < systems_.names.size(); ++k) {
        add_difference(phase.name, split->task, one.metric, systems_.names[k], systems_.names[k - 1]);
        if (k > 1) add_difference(phase.name, split->task, one.metric, systems_.names[k], systems_.names[0]);
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
    out_.trivial.push_back({phase, one.node, one.metric, "trivial", split.task, false, {mean_interval(found).value, unknown, unknown}});
  }

  void add_difference(const std::string& phase, const std::string& task, const std::string& metric, const std::string& ours,
                      const std::string& theirs) {
    const std::string our_node = ours + "_" + task, their_node = theirs + "_" + task;
    const std::vector<double> our_values = values(phase, our_node, metric), their_values = values(phase, their_node, metric);
    ReportDifference out{phase, task, metric, ours, theirs, {our_values[0] - their_values[0], unknown, unknown}};
    if (runs_.size() > 1) {
      std::vector<Summand> sum = summands(our_node, 1);
      const std::vector<Summand> minus = summands(their_node, -1);
      sum.insert(sum.end(), minus.begin(), minus.end());
      std::vector<double> differences;
      for (std::size_t k = 0; k < our_values.size(); ++k) differences.push_back(our_values[k] - their_values[k]);
      out.interval = mean_over_seeds(differences, sum, phase, metric);
    } else {
      const auto our = runs_[0].statistic(phase, our_node, metric), their = runs_[0].statistic(phase, their_node, metric);
      const ImageRows* rows = runs_[0].find_images(phase, our_node);
      if (our && their && rows->images() == runs_[0].find_images(phase, their_node)->images())
        out.interval = bootstrap_interval(
            rows->patients(),
            [&](std::span<const std::int64_t> items) -> std::optional<double> {
              const auto a = (*our)(items), b = (*their)(items);
              return a && b ? std::optional(*a - *b) : std::nullopt;
            },
            draws_of(phase));
    }
    if (std::isfinite(out.interval.value)) out_.differences.push_back(std::move(out));
  }

  void tell(const Addition& addition) {
    const auto differences = [&](const std::string& theirs) {
      std::vector<ReportDifference> found;
      for (const ReportDifference& one : out_.differences)
        if (one.phase == addition.phase && one.ours == addition.larger && one.theirs == theirs) found.push_back(one);
      return found;
    };
    const bool has_seeds = runs_.size() > 1;
    out_.sentences.push_back(worth_sentence("What " + addition.what + "'s unlabelled images were worth on " + addition.phase,
                                            differences(addition.smaller), has_seeds));
    if (systems_.names[0] != addition.smaller)
      out_.sentences.push_back(
          worth_sentence("What all of " + addition.larger + " was worth there", differences(systems_.names[0]), has_seeds));
    std::erase(out_.sentences, "");
  }

  std::vector<FinishedRun> runs_;
  Systems systems_;
  Report out_;
};

}  // namespace

Report make_report(std::span<const std::filesystem::path> runs) { return Reporting(read_runs_of_one_graph(runs)).make(); }

}  // namespace leat
