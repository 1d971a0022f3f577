#include "optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace leat {

double rate_factor(const Schedule& schedule, std::int64_t step, std::int64_t steps) {
  const double rise = schedule.warm_up > 0 ? std::min(1.0, static_cast<double>(step + 1) / static_cast<double>(schedule.warm_up)) : 1.0;
  switch (schedule.kind) {
    case Schedule::Kind::Steps:
      return rise * std::pow(schedule.factor, static_cast<double>(step / schedule.every));
    case Schedule::Kind::Cosine:
      return rise * 0.5 * (1 + std::cos(std::numbers::pi * static_cast<double>(step) / static_cast<double>(steps)));
    case Schedule::Kind::Constant:
      break;
  }
  return rise;
}

}  // namespace leat
