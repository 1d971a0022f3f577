#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "leat/random.h"

namespace leat {

/// Division of a budget among strata (classes).
enum class StratumShare {
  Prior,     ///< In proportion to the members of the strata.
  Balanced,  ///< The same number for each stratum.
};

/// Groups images that must stay together: images with equal `patients`, images with equal `twins` (index of the first image with the same
/// bytes), and images that are connected through others. Returns, for each image, the index of the first image of its group.
[[nodiscard]] std::vector<int> join_groups(std::span<const std::string> patients, std::span<const int> twins);

/// Divides `count` among strata with `available` members, by largest remainders. The sum is exact, and each quota is within one of its
/// exact share. Exception: if `count` is at least the number of strata, each stratum with members gets at least one. `count` must be at
/// most the sum of `available`. A balanced quota can exceed the members of a stratum.
[[nodiscard]] std::vector<int> divide_budget(int count, std::span<const int> available, StratumShare share);

/// Draws whole groups, in the key's order. A group is drawn if it fits into the remaining `quotas`. Image i is in stratum `strata[i]` (-1:
/// it counts in none, but is drawn with its group) and in group `groups[i]`. Returns 1 for each drawn image. Quotas are met exactly if
/// enough small groups remain.
[[nodiscard]] std::vector<char> draw_groups(std::span<const int> strata, std::span<const int> groups, std::vector<int> quotas,
                                            RandomKey key);

/// Draws `quotas[k]` images of each stratum k that are not `blocked`, in the key's order. Returns 1 for each drawn image. With the same
/// key, a smaller quota draws a subset of the images of a larger one.
[[nodiscard]] std::vector<char> draw_images(std::span<const int> strata, std::span<const char> blocked, std::span<const int> quotas,
                                            RandomKey key);

}  // namespace leat
