#include "report/interval_union.h"

#include <algorithm>
#include <iterator>

namespace leat::report {

void IntervalUnion::add(std::int64_t begin, std::int64_t end) {
  if (end <= begin) return;
  auto at = parts_.upper_bound(begin);
  if (at != parts_.begin() && std::prev(at)->second >= begin) --at;
  else at = parts_.emplace_hint(at, begin, end);
  at->second = std::max(at->second, end);
  for (auto next = std::next(at); next != parts_.end() && next->first <= at->second; next = parts_.erase(next))
    at->second = std::max(at->second, next->second);
}

std::int64_t IntervalUnion::settle(std::int64_t watermark) {
  std::int64_t length = 0;
  while (!parts_.empty() && parts_.begin()->first < watermark) {
    const auto [begin, end] = *parts_.begin();
    parts_.erase(parts_.begin());
    length += std::min(end, watermark) - begin;
    if (end > watermark) parts_.emplace_hint(parts_.begin(), watermark, end);
  }
  return length;
}

bool IntervalUnion::contains(std::int64_t number) const {
  const auto after = parts_.upper_bound(number);
  return after != parts_.begin() && std::prev(after)->second > number;
}

}  // namespace leat::report
