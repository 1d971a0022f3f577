#include "report/call_lengths.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace leat::report {

void LengthCounts::add(std::int64_t ns) {
  if (counts_.empty()) counts_.resize(octaves * per_octave);
  const double place = std::log2(static_cast<double>(std::max<std::int64_t>(ns, 1))) * per_octave;
  const std::size_t at = std::min(static_cast<std::size_t>(place), counts_.size() - 1);
  ++counts_[at];
  ++all_;
  lowest_ = std::min(lowest_, at);
}

double LengthCounts::quantile(double share) const {
  if (all_ == 0) return std::numeric_limits<double>::quiet_NaN();
  const auto wanted = static_cast<std::int64_t>(share * static_cast<double>(all_ - 1));
  std::size_t place = lowest_;
  for (std::int64_t before = counts_[place]; before <= wanted; before += counts_[place]) ++place;
  return std::exp2((static_cast<double>(place) + .5) / per_octave) * 1e-9;
}

CallLengths NodeLengths::since(std::int64_t begin, const HeldTime& held) const {
  std::vector<std::int64_t> busy;
  for (const Call& one : recent)
    if (held.without(one.begin) >= begin) busy.push_back(one.busy);
  const double none = std::numeric_limits<double>::quiet_NaN();
  if (busy.empty()) return {none, none};
  const auto at = [&](double share) {
    const auto place = busy.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(busy.size() - 1) + .5);
    std::nth_element(busy.begin(), place, busy.end());
    return static_cast<double>(*place) * 1e-9;
  };
  return {at(.5), at(.95)};
}

}  // namespace leat::report
