#include "run/rank_times.h"

namespace leat::run {

void RankSkew::add(const std::vector<RankTimes>& of_step) {
  sums_.resize(of_step.size());
  for (std::size_t rank = 0; rank < of_step.size(); ++rank) sums_[rank].add(of_step[rank]);
  ++steps_;
}

std::string RankSkew::late_rank(const Ranks& ranks) const {
  const auto late = find_late_rank(sums_, steps_);
  return late ? late->sentence(ranks.name_of(late->rank), steps_) : std::string();
}

}  // namespace leat::run
