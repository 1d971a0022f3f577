#include "report/step_moments.h"

#include <algorithm>

namespace leat::report {

constexpr std::size_t most_moments = 4096;

void StepMoments::add(StepMoment moment) {
  if (moment.step <= last.step) {
    const auto is_less = [](const StepMoment& one, std::int64_t step) { return one.step < step; };
    const auto place = std::lower_bound(kept.begin(), kept.end(), moment.step, is_less);
    if (stride == 1 && (place == kept.end() || place->step != moment.step)) kept.insert(place, moment);
    return;
  }
  last = moment;
  if (seen++ % stride != 0) return;
  kept.push_back(moment);
  if (kept.size() < most_moments) return;
  std::size_t out = 0;
  for (std::size_t k = 0; k < kept.size(); k += 2) kept[out++] = kept[k];
  kept.resize(out);
  stride *= 2;
}

void StepMoments::forget_after(std::int64_t step) {
  while (!kept.empty() && kept.back().step > step) kept.pop_back();
  if (last.step > step) last = kept.empty() ? StepMoment() : kept.back();
}

}  // namespace leat::report
