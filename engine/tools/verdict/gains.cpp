#include "verdict/gains.h"

#include <algorithm>
#include <cmath>

#include "verdict/replay.h"

namespace leat::verdict {

namespace {

constexpr double most_tasks = 6'000;  ///< Of one replay.
constexpr std::size_t least_steps = 4;
constexpr double half = 0.5;

class Forecaster {
 public:
  explicit Forecaster(const Shares& shares) : shares_(shares), replay_(shares.names, shares.sums.recorded, shares.computes) {
    const double tasks = std::max(1.0, replay_.tasks_a_step());
    const double long_enough = std::clamp(most_tasks / tasks, 6.0 * shares.credits + 24, 400.0);
    const std::int64_t occurrences = std::max<std::int64_t>(1, shares.sums.occurrences);
    now_ = {shares.workers, shares.credits,
            std::clamp<std::int64_t>(shares.sums.steps / occurrences, 1, static_cast<std::int64_t>(long_enough)), cores(),
            std::vector<double>(shares.names.nodes.size(), 1)};
    // Recorded bodies were slowed down by each other; the replay slows them down again.
    constexpr int rounds = 3;
    for (int round = 0; round < (now_.cores > 0 ? rounds : 0); ++round) {
      const ReplayResult result = replay_.run(now_);
      if (result.busy_seconds <= 0) break;
      // `work_seconds` has the factors of this round.
      const double slowed = result.busy_seconds / result.work_seconds;
      for (double& factor : now_.factors) factor = 1 / slowed;
    }
    base_ = replay_.run(now_).seconds_a_step;
  }

  [[nodiscard]] bool can_tell() const { return shares_.sums.recorded.size() >= least_steps && base_ > 0; }

  [[nodiscard]] Forecast worker() const {
    ReplaySettings more = now_;
    more.workers += 1;
    return forecast({Gain::Change::Worker, -1, more.workers}, more);
  }

  /// Takes one step more in flight, or as many more as help.
  [[nodiscard]] Forecast credits() const {
    Forecast best;
    for (int to = shares_.credits + 1; to <= std::max(shares_.credits + 3, 2 * shares_.credits);
         to += std::max(1, (to - shares_.credits))) {
      ReplaySettings more = now_;
      more.credits = to;
      const Forecast one = forecast({Gain::Change::Credit, -1, to}, more);
      constexpr double much_better = 1.05;
      if (best.to == 0 || one.speed > much_better * best.speed) best = one;
    }
    return best;
  }

  [[nodiscard]] Forecast faster(int node) const {
    ReplaySettings less = now_;
    less.factors[static_cast<std::size_t>(node)] *= half;
    return forecast({Gain::Change::Faster, node, 0}, less);
  }

 private:
  /// Returns the cores that the run has; 0 if its threads cannot want more than that.
  [[nodiscard]] double cores() const {
    const Usage& usage = shares_.usage;
    if (usage.seconds <= 0) return 0;
    const double of_others = std::max(0.0, usage.machine - usage.process) / usage.seconds;
    return std::max(1.0, usage.cores() - of_others);
  }

  [[nodiscard]] Forecast forecast(Forecast out, const ReplaySettings& settings) const {
    const double seconds = replay_.run(settings).seconds_a_step;
    if (seconds <= 0) return out;
    out.speed = base_ / seconds;
    double device = shares_.device;
    for (const NodeShare& one : shares_.of_device)
      if (one.node == out.node) device -= shares_.device * one.share * half;
    out.waits = shares_.names.has_device() ? std::clamp(1 - device * out.speed, 0.0, 1.0) : 0;
    return out;
  }

  const Shares& shares_;
  Replay replay_;
  ReplaySettings now_;
  double base_ = 0;
};

}  // namespace

std::vector<Forecast> forecasts(const Shares& shares, const std::vector<int>& nodes) {
  std::vector<Forecast> out;
  if (shares.sums.recorded.size() < least_steps) return out;
  const Forecaster forecaster(shares);
  if (!forecaster.can_tell()) return out;
  if (!shares.of_workers.empty()) out.push_back(forecaster.worker());
  out.push_back(forecaster.credits());
  for (const int node : nodes) out.push_back(forecaster.faster(node));
  std::stable_sort(out.begin(), out.end(), [](const Forecast& a, const Forecast& b) { return a.speed > b.speed; });
  return out;
}

}  // namespace leat::verdict
