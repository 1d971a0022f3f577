#include "run/rank_times.h"

#include <algorithm>
#include <cstdio>

namespace leat::run {

namespace {

/// A rank that takes so much longer than others is late.
constexpr double late_by = 1.1;
constexpr std::int64_t least_steps = 10;

std::string milliseconds(std::int64_t ns, std::int64_t steps) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g ms", static_cast<double>(ns) * 1e-6 / static_cast<double>(steps));
  return text;
}

}  // namespace

void RankSkew::add(const std::vector<RankTimes>& of_step) {
  sums_.resize(of_step.size());
  for (std::size_t rank = 0; rank < of_step.size(); ++rank) {
    sums_[rank].compute_ns += of_step[rank].compute_ns;
    sums_[rank].data_ns += of_step[rank].data_ns;
  }
  ++steps_;
}

std::string RankSkew::late_rank(const Ranks& ranks) const {
  if (sums_.size() < 2 || steps_ < least_steps) return {};
  const auto shorter = [](const RankTimes& a, const RankTimes& b) { return a.total() < b.total(); };
  const auto slowest = std::max_element(sums_.begin(), sums_.end(), shorter);
  std::vector<RankTimes> others;
  for (const RankTimes& one : sums_)
    if (&one != &*slowest) others.push_back(one);
  const auto middle = others.begin() + static_cast<std::ptrdiff_t>(others.size() / 2);
  std::nth_element(others.begin(), middle, others.end(), shorter);
  if (static_cast<double>(slowest->total()) < late_by * static_cast<double>(middle->total())) return {};
  const bool is_loading = slowest->data_ns - middle->data_ns > slowest->compute_ns - middle->compute_ns;
  const auto part = [&](const RankTimes& times) { return milliseconds(is_loading ? times.data_ns : times.compute_ns, steps_); };
  return "the other ranks wait for " + ranks.name_of(static_cast<int>(slowest - sums_.begin())) + ": its part of a step takes " +
         milliseconds(slowest->total(), steps_) + ", that of others " + milliseconds(middle->total(), steps_) + "; it " +
         (is_loading ? "waits " + part(*slowest) + " for its images, others " : "computes " + part(*slowest) + ", others ") + part(*middle);
}

}  // namespace leat::run
