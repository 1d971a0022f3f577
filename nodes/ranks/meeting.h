#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "leat/joined_ranks.h"
#include "ranks/line.h"

namespace leat::ranks {

/// What a rank has after all ranks have met.
struct Meeting {
  std::vector<std::string> names;  ///< How messages name the ranks.
  std::vector<Line> lines;         ///< For rank 0, to all others in their order; otherwise to rank 0.
  std::string address;             ///< The address of this machine under which the other ranks reach it.
  std::string secret;              ///< Text that only these ranks have.
};

/// For rank 0: takes the lines of all others. `publish` gives them the text for `meet_first`. Throws RankLost if one does not come.
[[nodiscard]] Meeting meet_others(const RankPlace& place, std::chrono::seconds limit,
                                  const std::function<void(const std::string&)>& publish);
/// For the other ranks: opens a line to rank 0. `published` returns the text that rank 0 has published last: a text of ranks that a failure
/// has ended can be there first. Throws RankLost.
[[nodiscard]] Meeting meet_first(const RankPlace& place, std::chrono::seconds limit, const std::function<std::string()>& published);

}  // namespace leat::ranks
