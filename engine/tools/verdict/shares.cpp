#include "verdict/shares.h"

#include <algorithm>

namespace leat::verdict {

namespace {

constexpr std::int64_t enough_looks = 6;

double part(double of, double whole) { return whole > 0 ? of / whole : 0; }

void sort(std::vector<NodeShare>& shares) {
  std::erase_if(shares, [](const NodeShare& one) { return one.share <= 0; });
  std::stable_sort(shares.begin(), shares.end(), [](const NodeShare& a, const NodeShare& b) { return a.share > b.share; });
}

/// Returns the cores that bodies use: by looks at their threads where there are enough, otherwise by the CPU time of all workers.
std::vector<double> computes_of(const PhaseNames& names, const PhaseSums& sums, double workers_busy, double device_busy) {
  const Usage& usage = sums.usage;
  // The threads of other phases say nothing about these bodies.
  const bool has_usage = usage.seconds > 0 && !sums.borrows_usage();
  const double worker = has_usage && workers_busy > 0 ? std::clamp(usage.workers / workers_busy, 0.0, 1.0) : 1;
  // A lane on the CPU uses threads of its own.
  const double lane =
      has_usage && device_busy > 0 ? std::clamp((usage.process - usage.workers) / device_busy, 0.0, std::max(1.0, usage.cores())) : 1;
  std::vector<double> out;
  for (std::size_t k = 0; k < names.nodes.size(); ++k) {
    const Seen& seen = sums.nodes[k].seen;
    const bool is_known = !names.nodes[k].is_device && seen.all() >= enough_looks;
    out.push_back(is_known                   ? part(static_cast<double>(seen.computing), static_cast<double>(seen.all()))
                  : names.nodes[k].is_device ? lane
                                             : worker);
  }
  return out;
}

}  // namespace

Shares::Shares(const LogNames& log, int phase, const PhaseSums& of)
    : names(log.phases[static_cast<std::size_t>(phase)]),
      sums(of),
      usage(of.borrows_usage() ? of.around.over(static_cast<double>(of.length) * 1e-9) : of.usage),
      is_usage_around(of.borrows_usage()),
      workers(std::max(1, log.workers > 0 ? log.workers : static_cast<int>(of.threads.size()))),
      credits(std::max(1, names.credits > 0 ? names.credits : of.in_flight)),
      seconds(static_cast<double>(of.length) * 1e-9) {
  for (const auto& [other, length] : of.of_phases) paused += static_cast<double>(length) * 1e-9;
  double workers_busy = 0;
  const double device_busy = static_cast<double>(of.device_busy) * 1e-9;
  for (std::size_t k = 0; k < of.nodes.size(); ++k)
    if (!names.nodes[k].is_device) workers_busy += static_cast<double>(of.nodes[k].busy) * 1e-9;
  device = std::min(1.0, part(device_busy, seconds));
  wait = std::min(1.0, part(static_cast<double>(of.wait) * 1e-9, seconds));
  busy = std::min(1.0, part(workers_busy, seconds * workers));
  for (std::size_t k = 0; k < of.nodes.size(); ++k) {
    const PhaseSums::Node& node = of.nodes[k];
    const int index = static_cast<int>(k);
    if (names.nodes[k].is_device) {
      of_device.push_back({index, part(static_cast<double>(node.busy), static_cast<double>(of.device_busy))});
      continue;
    }
    of_workers.push_back({index, part(static_cast<double>(node.busy) * 1e-9, std::max(seconds * workers, workers_busy))});
    of_path.push_back({index, part(static_cast<double>(node.waited_for + node.turn), static_cast<double>(of.wait))});
    queued += part(static_cast<double>(node.queued), static_cast<double>(of.wait));
  }
  sort(of_workers);
  sort(of_device);
  sort(of_path);
  // While the device computes all the time, delays of workers do no harm.
  constexpr double all_the_time = 0.92;
  const bool is_lane_alone = device >= all_the_time;
  const double delayed = usage.lane_delayed + (is_lane_alone ? 0 : usage.workers_delayed);
  without_core = part(delayed, delayed + usage.lane + (is_lane_alone ? 0 : usage.workers));
  lost = part(delayed, device_busy + (is_lane_alone ? 0 : workers_busy));
  others = std::max(0.0, part(usage.machine - usage.process, usage.all_core_seconds));
  constexpr double much_of_machine = 0.15, full = 0.85;
  is_machine_full = others >= much_of_machine && part(usage.machine, usage.all_core_seconds) >= full;
  computes = computes_of(names, of, workers_busy, device_busy);
}

std::vector<NodeShare> standing_out(const std::vector<NodeShare>& sorted) {
  constexpr double near = 0.8, most_of_it = 0.6, of_one = 0.35;
  constexpr std::size_t most_named = 3;
  double total = 0, named = 0;
  for (const NodeShare& one : sorted) total += one.share;
  std::vector<NodeShare> out;
  for (const NodeShare& one : sorted)
    if (one.share >= near * sorted.front().share) out.push_back(one);
  for (const NodeShare& one : out) named += one.share;
  if (out.size() > most_named || named < (out.size() == 1 ? of_one : most_of_it) * total) return {};
  return out;
}

}  // namespace leat::verdict
