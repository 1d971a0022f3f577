#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "leat/random.h"

namespace leat {

/// How a budget is divided among strata (classes).
enum class StratumShare {
  Prior,     ///< In proportion to what there is.
  Balanced,  ///< The same number of each.
};

/// Joins images that must not be parted: those of equal `patients` and those of equal `twins` (the first image with the same bytes), and
/// all that hangs together by either. Gives each image the number of the first image of its group.
[[nodiscard]] std::vector<int> join_groups(std::span<const std::string> patients, std::span<const int> twins);

/// Divides `count` among strata with `available` members: the sum is exact, each is within one of its exact share (largest remainders),
/// except that a stratum which would get none gets one as long as there are as many as strata. `count` is at most the sum of
/// `available`; a balanced quota may exceed what a stratum has.
[[nodiscard]] std::vector<int> divide_budget(int count, std::span<const int> available, StratumShare share);

/// Draws whole groups, in the key's order, each if it fits into what is left of `quotas`. Image i is of stratum `strata[i]` (-1: it
/// counts in none, but goes with its group) and of group `groups[i]`. Gives 1 for each image drawn. The quotas are met exactly wherever
/// small groups remain.
[[nodiscard]] std::vector<char> draw_groups(std::span<const int> strata, std::span<const int> groups, std::vector<int> quotas,
                                            RandomKey key);

/// Draws `quotas[k]` images of each stratum k, in the key's order, of those that are not `blocked`. Gives 1 for each image drawn. For
/// one key a smaller quota draws a part of what a larger one draws.
[[nodiscard]] std::vector<char> draw_images(std::span<const int> strata, std::span<const char> blocked, std::span<const int> quotas,
                                            RandomKey key);

}  // namespace leat
