#include "base/late_rank.h"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace leat {

namespace {

/// A rank that takes so much longer than others is late.
constexpr double late_by = 1.1;

std::string milliseconds(std::int64_t ns, std::int64_t steps) {
  const double ms = static_cast<double>(ns) * 1e-6 / static_cast<double>(steps);
  char text[32];
  // From 1000 on, three digits would be written with an exponent.
  std::snprintf(text, sizeof text, ms < 999.5 ? "%.3g ms" : "%.0f ms", ms);
  return text;
}

}  // namespace

std::string LateRank::sentence(const std::string& name, std::int64_t steps) const {
  const auto part = [&](const RankTimes& times) { return milliseconds(is_loading() ? times.data_ns : times.compute_ns, steps); };
  const bool is_pair = ranks == 2;
  const std::string words = is_pair ? "the other " : "others ";
  return (is_pair ? "the other rank waits for " : "the other ranks wait for ") + name + ": its part of a step takes " +
         milliseconds(own.total(), steps) + ", that of " + words + milliseconds(others.total(), steps) + "; it " +
         (is_loading() ? "waits " + part(own) + " for its images, " : "computes " + part(own) + ", ") + words + part(others);
}

std::optional<LateRank> find_late_rank(std::span<const RankTimes> sums, std::int64_t steps) {
  if (sums.size() < 2 || steps < least_steps_of_ranks) return {};
  const auto shorter = [](const RankTimes& a, const RankTimes& b) { return a.total() < b.total(); };
  const auto slowest = std::max_element(sums.begin(), sums.end(), shorter);
  std::vector<RankTimes> others;
  for (const RankTimes& one : sums)
    if (&one != &*slowest) others.push_back(one);
  const auto middle = others.begin() + static_cast<std::ptrdiff_t>(others.size() / 2);
  std::nth_element(others.begin(), middle, others.end(), shorter);
  if (static_cast<double>(slowest->total()) < late_by * static_cast<double>(middle->total()) || slowest->total() <= 0) return {};
  return LateRank{static_cast<int>(slowest - sums.begin()), sums.size(), *slowest, *middle};
}

}  // namespace leat
