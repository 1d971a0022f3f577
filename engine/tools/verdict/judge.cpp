#include "verdict/judge.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "verdict/gains.h"
#include "verdict/shares.h"
#include "verdict/verdict_words.h"

namespace leat::verdict {

namespace {

constexpr std::int64_t enough_steps = 5;
constexpr double enough_seconds = 0.05;
constexpr double all_the_time = 0.92;  ///< Of the device.
constexpr double saturated = 0.85;     ///< Of the workers.
constexpr double much_without_core = 0.2;
constexpr double much_of_machine = 0.15;
constexpr double much_of_time = 0.2;   ///< For another phase.
constexpr double worth_saying = 0.05;  ///< Of a step's time.

/// Judges one phase. The causes are tried in the order of `judge_run`.
class Judge {
 public:
  Judge(const LogNames& log, const Shares& shares, bool is_over) : log_(log), shares_(shares), words_(shares, is_over), is_over_(is_over) {
    verdict_.phase = shares.names.name;
    verdict_.seconds = shares.seconds + shares.paused;
    verdict_.waits = shares.names.has_device() ? 1 - shares.device : 0;
    verdict_.workers_busy = shares.busy;
    if (shares.usage.seconds > 0 && shares.usage.all_core_seconds > 0) verdict_.others = shares.others;
  }

  Verdict judge() {
    if (shares_.sums.steps < enough_steps || shares_.seconds < enough_seconds) {
      say(Limit::Unknown,
          "`" + verdict_.phase + "` has " + std::to_string(shares_.sums.steps) + (shares_.sums.steps == 1 ? " step" : " steps") +
              (is_over_ ? "" : " so far") + "; too few to tell what " + words_.tense("holds", "held") + " it up",
          {});
      return std::move(verdict_);
    }
    forecasts_ = forecasts(shares_, nodes_to_try());
    judge_run();
    const Verdict of_run = verdict_;
    if (judge_machine()) {
      verdict_.nodes.clear();
      verdict_.details.push_back("Apart from that: " + lower(of_run.sentence));
    }
    add_details();
    return std::move(verdict_);
  }

 private:
  void say(Limit limit, std::string sentence, const std::vector<NodeShare>& nodes) {
    verdict_.limit = limit;
    verdict_.sentence = std::move(sentence) + ".";
    for (const NodeShare& one : nodes) verdict_.nodes.push_back(shares_.name(one));
  }

  /// Returns the nodes of which it is worth to know what half their time would bring.
  [[nodiscard]] std::vector<int> nodes_to_try() const {
    constexpr std::size_t most_of_each = 3;
    std::vector<int> out;
    for (const auto* list : {&shares_.of_path, &shares_.of_workers, &shares_.of_device})
      for (std::size_t k = 0; k < std::min(list->size(), most_of_each); ++k)
        if (std::find(out.begin(), out.end(), (*list)[k].node) == out.end()) out.push_back((*list)[k].node);
    return out;
  }

  void judge_run() {
    if (!judge_phases() && !judge_device() && !judge_metrics() && !judge_workers()) judge_path();
  }

  /// Returns true if the cores are the cause.
  bool judge_machine() {
    if (std::min(shares_.lost, shares_.without_core) < much_without_core) return false;
    const std::string lost =
        "the run's threads had no core for " + percent(shares_.without_core) + " of the time in which they could have computed";
    if (shares_.others >= much_of_machine) {
      say(Limit::Elsewhere,
          "Other programs " + words_.tense("use ", "used ") + percent(shares_.others) + " of the machine's cores; " + lost, {});
      return true;
    }
    if (shares_.usage.cores() <= 0) return false;
    say(Limit::Threads,
        "More threads " + words_.tense("compute", "computed") + " than the " + words_.cores() + words_.tense(" allow; ", " allowed; ") +
            lost +
            "; fewer workers or threads of the device "
            "lane would do the same work",
        {});
    return true;
  }

  bool judge_phases() {
    const double whole = shares_.seconds + shares_.paused;
    if (shares_.paused < much_of_time * whole || shares_.paused < shares_.wait * shares_.seconds) return false;
    const auto longest = std::max_element(shares_.sums.of_phases.begin(), shares_.sums.of_phases.end(),
                                          [](const auto& a, const auto& b) { return a.second < b.second; });
    const double part = static_cast<double>(longest->second) * 1e-9 / whole;
    say(Limit::Phase,
        "`" + verdict_.phase + "` " + words_.tense("stands still ", "stood still ") + percent(part) + " of its time for `" +
            log_.phases[static_cast<std::size_t>(longest->first)].name + "`; running that half as often would save " + percent(part / 2) +
            " of the time",
        {});
    return true;
  }

  bool judge_device() {
    if (!shares_.names.has_device() || shares_.device < all_the_time) return false;
    const std::vector<NodeShare> named =
        shares_.of_device.size() > 2 || shares_.of_device.front().share >= 0.6 ? standing_out(shares_.of_device) : std::vector<NodeShare>();
    const bool is_one = named.size() == 1 && named.front().share >= 0.6 && shares_.of_device.size() > 1;
    const std::string part = is_one ? ", " + percent(named.front().share) + " of it in `" + shares_.name(named.front()) + "`" : "";
    say(Limit::Device,
        "The device " + words_.tense("computes ", "computed ") + percent(shares_.device) + " of the time" + part + "; nothing " +
            (is_one ? "else " : "") + words_.tense("holds", "held") + " it up",
        is_one ? named : std::vector<NodeShare>());
    return true;
  }

  bool judge_metrics() {
    constexpr double most = 0.5;
    const double part = shares_.sums.wait > 0 ? static_cast<double>(shares_.sums.metrics) / static_cast<double>(shares_.sums.wait) : 0;
    if (part < most) return false;
    say(Limit::Metrics,
        words_.waits() + " until the metrics of finished steps " + words_.are() + " read, " + percent(part) + " of " +
            (shares_.names.has_device() ? "its waiting" : "the time"),
        {});
    return true;
  }

  /// Returns the nodes to blame for workers that are busy. Without a device lane, workers that are evenly busy are as it should be.
  [[nodiscard]] std::vector<NodeShare> busiest() const {
    std::vector<NodeShare> named = standing_out(shares_.of_workers);
    const auto ran = static_cast<std::size_t>(
        std::count_if(shares_.sums.nodes.begin(), shares_.sums.nodes.end(), [](const PhaseSums::Node& one) { return one.calls > 0; }));
    if (!shares_.names.has_device() && 2 * named.size() > ran) named.clear();
    return named;
  }

  bool judge_workers() {
    if (shares_.of_workers.empty() || shares_.busy < saturated) return false;
    blame_workers();
    return true;
  }

  void blame_workers() {
    const std::vector<NodeShare> named = busiest();
    if (named.empty()) {
      if (!shares_.names.has_device()) {
        say(Limit::Workers,
            words_.workers() + " " + (shares_.workers == 1 ? words_.is() : words_.are()) + " busy " + percent(shares_.busy) +
                " of the time, and no node " + words_.tense("stands", "stood") + " out; nothing " + words_.tense("holds", "held") +
                " up `" + verdict_.phase + "`",
            {});
        return;
      }
      say(Limit::Workers,
          words_.waits() + " for the workers, which " + words_.are() + " busy " + percent(shares_.busy) +
              " of the time with no node that " + words_.tense("stands", "stood") + " out" + gain_words(Gain::Change::Worker),
          {});
      return;
    }
    say(disk(named) ? Limit::Disk : Limit::Node,
        words_.waits() + " for " + words_.nodes(named) + ", which " + words_.tense(named.size() == 1 ? "takes " : "take ", "took ") +
            words_.parts(named) + " of " + words_.workers_text() + disk_words(named) + gain_words(Gain::Change::Worker),
        named);
  }

  void judge_path() {
    const Forecast* credit = find(Gain::Change::Credit);
    const Forecast* worker = find(Gain::Change::Worker);
    double faster = 0;
    for (const Forecast& one : forecasts_)
      if (one.change == Gain::Change::Faster && !is_on_device(one.node)) faster = std::max(faster, one.saved());
    if (judge_held_back()) return;
    constexpr double much = 0.08;
    if ((credit && credit->saved() >= much && credit->saved() >= 0.5 * faster) || are_credits_left_over()) {
      judge_credits(credit);
      return;
    }
    const std::vector<NodeShare> named = standing_out(shares_.of_path);
    if (named.size() == 1 && shares_.names.nodes[static_cast<std::size_t>(named.front().node)].is_ordered) {
      const double busy = shares_.sums.nodes[static_cast<std::size_t>(named.front().node)].busy * 1e-9 / shares_.seconds;
      constexpr double most = 0.7;
      if (busy >= most) {
        say(disk(named) ? Limit::Disk : Limit::Ordered,
            words_.waits() + " for " + words_.nodes(named) + ", which " + words_.tense("runs", "ran") +
                " one task at a time, because it has a state, and " + words_.is() + " busy " + percent(busy) + " of the time" +
                disk_words(named) + "; more workers would not help",
            named);
        return;
      }
    }
    if (worker && worker->saved() >= much && worker->saved() >= 0.7 * faster && shares_.busy >= 0.7) {
      blame_workers();
      return;
    }
    if (!named.empty()) {
      say(disk(named) ? Limit::Disk : Limit::Node,
          words_.waits() + " for " + words_.nodes(named) + ", " + (named.size() == 1 ? "the longest part" : "the longest parts") +
              " of each step's way" + disk_words(named),
          named);
      return;
    }
    say(Limit::Unknown, words_.waits() + ", and no cause " + words_.tense("stands", "stood") + " out", {});
  }

  /// If sizes of values are unknown, the run holds tasks back while the values in flight take too much memory.
  bool judge_held_back() {
    constexpr double much_queued = 0.4, few_busy = 0.7, nearly = 0.9;
    const auto memory = static_cast<double>(shares_.names.memory_bytes);
    if (!shares_.names.has_unknown_sizes || shares_.queued < much_queued || shares_.busy > few_busy || memory <= 0 ||
        shares_.usage.most_bytes < nearly * memory)
      return false;
    say(Limit::Memory,
        words_.waits() + " because the values in flight " + words_.tense("take", "took") + " all of `memory` of the plan, " + size(memory),
        {});
    return true;
  }

  /// Returns true if nothing else than the number of steps in flight can hold the device up: workers are free, no node that runs one
  /// task at a time is busy, and each occurrence of the phase has many more steps than are in flight.
  [[nodiscard]] bool are_credits_left_over() const {
    constexpr double few_busy = 0.5, most_busy = 0.7, most_elsewhere = 0.5;
    const PhaseSums& sums = shares_.sums;
    if (!shares_.names.has_device() || shares_.busy > few_busy) return false;
    if (static_cast<double>(sums.handover) > most_elsewhere * static_cast<double>(sums.wait)) return false;
    if (sums.steps < (4 * shares_.credits + 4) * std::max<std::int64_t>(1, sums.occurrences)) return false;
    for (std::size_t k = 0; k < sums.nodes.size(); ++k)
      if (shares_.names.nodes[k].is_ordered && sums.nodes[k].busy * 1e-9 >= most_busy * shares_.seconds) return false;
    return true;
  }

  void judge_credits(const Forecast* credit) {
    const std::string in_flight = shares_.credits == 1
                                      ? "only one step " + words_.is() + " in flight"
                                      : "only " + std::to_string(shares_.credits) + " steps " + words_.are() + " in flight";
    const std::string would = credit && credit->saved() >= worth_saying && !shares_.is_machine_full
                                  ? "; " + std::to_string(credit->to) + " would " + words_.bring(*credit)
                                  : "";
    if (shares_.names.is_limited_by_memory())
      say(Limit::Memory,
          words_.waits() + " because " + in_flight + ": `memory` of the plan " + words_.tense("has", "had") +
              " no room for another one, of " + size(static_cast<double>(shares_.names.step_bytes)) + would,
          {});
    else
      say(Limit::Prefetch, words_.waits() + " because " + in_flight + " (`prefetch: " + std::to_string(shares_.credits) + "`)" + would, {});
  }

  [[nodiscard]] bool is_on_device(int node) const { return shares_.names.nodes[static_cast<std::size_t>(node)].is_device; }

  [[nodiscard]] const Forecast* find(Gain::Change change) const {
    for (const Forecast& one : forecasts_)
      if (one.change == change) return &one;
    return nullptr;
  }

  /// Returns the end of a sentence: what the change would bring; empty if that is not known or not worth it.
  [[nodiscard]] std::string gain_words(Gain::Change change) const {
    const Forecast* one = find(change);
    if (!one || shares_.is_machine_full) return {};
    if (one->saved() < worth_saying) return "; " + words_.change(*one) + " would not help";
    return "; " + words_.change(*one) + " would " + words_.bring(*one);
  }

  /// Returns true if the nodes wait for a disk most of the time.
  [[nodiscard]] bool disk(const std::vector<NodeShare>& named) const {
    constexpr double most = 0.5;
    return seen_part(named, &Seen::on_disk) >= most;
  }

  [[nodiscard]] std::string disk_words(const std::vector<NodeShare>& named) const {
    constexpr double much = 0.5;
    const double on_disk = seen_part(named, &Seen::on_disk), waiting = seen_part(named, &Seen::waiting);
    const std::string who = words_.tense(named.size() == 1 ? "it waits" : "they wait", named.size() == 1 ? "it waited" : "they waited");
    if (on_disk >= much) return " (" + who + " for a disk in " + percent(on_disk) + " of that)";
    if (on_disk + waiting >= much) return " (" + who + " instead of computing in " + percent(on_disk + waiting) + " of that)";
    return {};
  }

  [[nodiscard]] double seen_part(const std::vector<NodeShare>& named, std::int64_t Seen::*member) const {
    constexpr std::int64_t enough = 5;
    std::int64_t part = 0, all = 0;
    for (const NodeShare& one : named) {
      const Seen& seen = shares_.sums.nodes[static_cast<std::size_t>(one.node)].seen;
      part += seen.*member;
      all += seen.all();
    }
    return all < enough ? 0 : static_cast<double>(part) / static_cast<double>(all);
  }

  void add_gains() {
    // Settings that the user can change come before nodes that would be faster.
    std::vector<const Forecast*> told;
    for (const Forecast& one : forecasts_)
      if (one.saved() >= worth_saying) told.push_back(&one);
    std::stable_partition(told.begin(), told.end(), [](const Forecast* one) { return one->change != Gain::Change::Faster; });
    const Forecast* setting = !told.empty() && told.front()->change != Gain::Change::Faster ? told.front() : nullptr;
    for (const Forecast* one : told)
      verdict_.details.push_back(words_.sentence(*one, setting && one->speed > setting->speed ? setting : nullptr));
  }

  void add_details() {
    const bool hides_gains =
        (shares_.is_machine_full || verdict_.limit == Limit::Elsewhere) &&
        std::any_of(forecasts_.begin(), forecasts_.end(), [](const Forecast& one) { return one.saved() >= worth_saying; });
    if (!hides_gains) add_gains();
    for (const Forecast& one : forecasts_)
      verdict_.gains.push_back({one.change, one.node < 0 ? "" : shares_.names.nodes[static_cast<std::size_t>(one.node)].name, one.to,
                                one.speed, one.waits, words_.sentence(one)});
    // Faster workers do not help a device that computes all the time.
    if (const std::string sentence = words_.cache(); !sentence.empty() && verdict_.limit != Limit::Device)
      verdict_.details.push_back(sentence);
    for (const std::string& sentence : words_.facts(hides_gains)) verdict_.details.push_back(sentence);
    if (log_.is_async && shares_.names.has_device())
      verdict_.details.push_back(
          "The lane is asynchronous: the last node of each segment has the time until the device was through, and the other nodes that of "
          "giving work to it.");
  }

  const LogNames& log_;
  const Shares& shares_;
  const VerdictWords words_;
  const bool is_over_;
  std::vector<Forecast> forecasts_;
  Verdict verdict_;
};

}  // namespace

Verdict judge(const LogNames& names, int phase, const PhaseSums& sums, bool is_over) {
  const Shares shares(names, phase, sums);
  return Judge(names, shares, is_over).judge();
}

}  // namespace leat::verdict
