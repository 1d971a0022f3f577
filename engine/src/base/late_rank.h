#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace leat {

/// How long a rank took for its part of some steps, without the time in which it waited for other ranks.
struct RankTimes {
  std::int64_t compute_ns = 0;  ///< Its lane ran nodes.
  std::int64_t data_ns = 0;     ///< Its lane waited for values of its workers.

  [[nodiscard]] std::int64_t total() const { return compute_ns + data_ns; }
  void add(const RankTimes& more) {
    compute_ns += more.compute_ns;
    data_ns += more.data_ns;
  }
};

/// Fewer steps say little about a rank.
constexpr std::int64_t least_steps_of_ranks = 10;

/// A rank that the others wait for.
struct LateRank {
  int rank = 0;
  std::size_t ranks = 0;  ///< Number of all.
  RankTimes own, others;  ///< Sums over the steps; `others`: of the rank in the middle of the others.

  /// Returns true if it is late because of its data: its lane waits longer for its workers than those of others do.
  [[nodiscard]] bool is_loading() const { return own.data_ns - others.data_ns > own.compute_ns - others.compute_ns; }
  /// Returns which rank is late and why, as a clause. `name`: as in Ranks::name_of.
  [[nodiscard]] std::string sentence(const std::string& name, std::int64_t steps) const;
};

/// `sums`: by rank, over these steps. Returns nullopt if no rank takes a tenth longer than the one in the middle of the others, or if there
/// are fewer than two ranks or too few steps.
[[nodiscard]] std::optional<LateRank> find_late_rank(std::span<const RankTimes> sums, std::int64_t steps);

}  // namespace leat
