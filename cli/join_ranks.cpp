#include "join_ranks.h"

#include <optional>
#include <string>

#include "leat/diagnostics.h"
#include "leat/thrown.h"
#include "load_nodes.h"
#include "rank_environment.h"

namespace leat::cli {

std::unique_ptr<JoinedRanks> join_ranks(std::chrono::seconds timeout) {
  const std::optional<RankPlace> place = place_from_environment();
  if (!place || place->size == 1) return nullptr;
  std::unique_ptr<JoinedRanks> joined;
  load_join_ranks()(*place, timeout, joined);
  return joined;
}

void do_as_rank(JoinedRanks& ranks, const std::function<void()>& work) {
  try {
    work();
  } catch (...) {
    ranks.leave(words_of_current_exception());
    throw;
  }
  ranks.leave("");
}

void check_can_start_ranks() {
  check_ranks_are_built();
  if (const std::string variable = rank_variable(); !variable.empty())
    throw Refusal("--ranks starts the ranks itself, but the environment variable " + variable +
                  " is set, so torchrun or another program has started this process as a rank: leave out --ranks");
}

}  // namespace leat::cli
