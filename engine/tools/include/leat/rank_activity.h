#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace leat {

/// What a rank did in a step of a training on several ranks, in seconds; means over steps.
struct RankActivity {
  std::string name;    ///< `rank 1 (process 4711 on gpu-03)`.
  double compute = 0;  ///< Its device lane ran nodes.
  double data = 0;     ///< Its device lane waited for values of its own workers, which load images.
  double waiting = 0;  ///< It waited for the rank with the longest part.

  /// Returns the time of its part of a step.
  [[nodiscard]] double part() const { return compute + data; }
};

/// What the ranks of a training did.
struct RanksActivity {
  std::string phase;
  std::int64_t steps = 0;           ///< Over which the times are means.
  std::vector<RankActivity> ranks;  ///< By rank; empty: the log has no times of several ranks.
  int late = -1;                    ///< The rank that the others wait for; -1: there is none.
  std::string sentence;             ///< Which rank is late and why, or that none is.
  std::int64_t other_steps = 0;     ///< Steps that another number of ranks did. The times are without them.

  /// Returns the ranks, that with the longest part first.
  [[nodiscard]] std::vector<int> longest_first() const;
};

/// Returns the same with names that have no process and no host: `rank 1`.
[[nodiscard]] RanksActivity with_plain_names(RanksActivity ranks);

/// Returns a table of the ranks, that with the longest part first, with the sentence below; empty if there are no ranks. Of many, only the
/// first have a row.
[[nodiscard]] std::string ranks_text(const RanksActivity& ranks);

}  // namespace leat
