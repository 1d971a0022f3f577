#include "program/period.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace leat::program {

namespace {

std::vector<std::string> finite_sources(const ProgramPhase& phase) {
  std::vector<std::string> names;
  for (const ProgramNode& one : phase.nodes)
    if (one.source && one.length > 0) names.push_back(one.name);
  return names;
}

bool knows_sources(const ProgramPhase& phase, const PhaseKnown& known) {
  for (std::size_t k = 0; k < phase.nodes.size(); ++k)
    if (!phase.nodes[k].node || (phase.nodes[k].source && !known.nodes[k].has_length)) return false;
  return known.has_all_nodes;
}

}  // namespace

Epoch epoch_of(const Named& source, const TrainedPhase& train, Diagnostics& diagnostics) {
  const int node = train.phase.find(source.text);
  if (source.text.empty() || (node < 0 && may_have(train.phase, train.known, source.text))) return {};
  if (node >= 0) {
    const ProgramNode& found = train.phase.nodes[static_cast<std::size_t>(node)];
    if (!found.node || (found.source && !train.known.of(node).has_length)) return {};
    if (found.source && found.length > 0) return {found.length, *found.source->batch};
  }
  diagnostics.error("plan.phase", source.place,
                    "`" + source.text + "` is not a source of `" + train.phase.name + "` with an end, so it cannot count epochs",
                    name_hint(source.text, finite_sources(train.phase)));
  return {};
}

std::string source_of(const PeriodText& text, const TrainedPhase& train) {
  if (!text.epochs_of.text.empty()) return text.epochs_of.text;
  if (!train.text.epochs_of.text.empty()) return train.text.epochs_of.text;
  const std::vector<std::string> all = finite_sources(train.phase);
  return all.size() == 1 && knows_sources(train.phase, train.known) && !train.text.is_broken ? all[0] : "";
}

Period build_period(const PeriodText& text, std::string_view key, const Place& place, const TrainedPhase& train, Diagnostics& diagnostics) {
  Period period;
  period.steps = text.steps;
  if (period.steps > 0) return period;
  period.epochs = text.epochs;
  const std::string source = source_of(text, train);
  if (!source.empty()) {
    const Place& named = !text.epochs_of.text.empty()         ? text.epochs_of.place
                         : !train.text.epochs_of.text.empty() ? train.text.epochs_of.place
                                                              : place;
    period.epoch = epoch_of({source, named}, train, diagnostics);
    return period;
  }
  if (!knows_sources(train.phase, train.known) || train.text.is_broken) return period;
  const std::vector<std::string> all = finite_sources(train.phase);
  diagnostics.error(
      "plan." + std::string(key), place,
      "`" + std::string(key) + "` counts epochs, but `" + train.phase.name + "` has " + std::to_string(all.size()) + " sources with an end",
      all.empty() ? "`every 500 steps`" : "name one: `every epoch of " + all[0] + "`");
  return period;
}

}  // namespace leat::program

namespace leat {

std::int64_t Epoch::end_of(double epochs) const {
  constexpr double most_steps = 1e15;
  const double steps = epochs * static_cast<double>(length) / static_cast<double>(batch);
  return std::max<std::int64_t>(1, std::llround(std::min(steps, most_steps)));
}

std::int64_t Period::next_end(std::int64_t steps_done, std::int64_t last) const {
  if (steps > 0) return std::min(last, (steps_done / steps + 1) * steps);
  if (length() <= 1) return std::min(last, steps_done + 1);
  // Start with the last period that can end at `steps_done`. Periods shorter than a step can end at the same step.
  const double periods = (static_cast<double>(steps_done) + 0.5) / length();
  std::int64_t next = steps_done;
  for (double k = std::max(1.0, std::floor(periods)); next <= steps_done && next < last; ++k) next = epoch.end_of(k * epochs);
  return std::min(last, next);
}

}  // namespace leat
