#pragma once

#include <cstdint>
#include <optional>
#include <set>
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
/// most the sum of `available`. A balanced quota can exceed the members of a stratum. Of strata with equal remainders, the first ones get
/// one more, in the order of the key `ties`, or in their own without it.
[[nodiscard]] std::vector<int> divide_budget(int count, std::span<const int> available, StratumShare share,
                                             std::optional<RandomKey> ties = {});

/// Draws whole groups, in the key's order. A group is drawn if it fits into the remaining `quotas`. Image i is in stratum `strata[i]` (-1:
/// it counts in none, but is drawn with its group) and in group `groups[i]`. Returns 1 for each drawn image. Quotas are met exactly if
/// enough small groups remain.
[[nodiscard]] std::vector<char> draw_groups(std::span<const int> strata, std::span<const int> groups, std::vector<int> quotas,
                                            RandomKey key);

/// One thing that held-out images must judge: the classes, or one structure.
struct HeldOutTask {
  std::string structure;    ///< Empty: the classes.
  std::vector<int> strata;  ///< Of each image; -1: it cannot judge.
  int strata_count = 1;
  int wanted = 0;  ///< Images to hold out.

  [[nodiscard]] std::string words() const { return structure.empty() ? "the classes" : "`" + structure + "`"; }
  [[nodiscard]] int judges() const;  ///< Returns the number of images that can judge.
};

/// Returns true if each image can judge all of the tasks or none.
[[nodiscard]] bool are_of_same_images(const std::vector<HeldOutTask>& tasks);

/// Draws whole groups for several tasks, in the key's order: first for the task with the fewest images, then for the next one as far as the
/// images drawn so far do not judge it already. Returns 1 for each drawn image. `ties`: as in `divide_budget`.
[[nodiscard]] std::vector<char> draw_for_tasks(std::vector<HeldOutTask> tasks, std::span<const int> groups, RandomKey key,
                                               std::optional<RandomKey> ties = {});

/// Returns true if folds are called 0, 1, 2 and so on.
[[nodiscard]] bool are_counted(const std::set<std::string>& folds);

/// Divides the groups that can judge a task among folds, in the order of iterative stratification (Sechidis et al., "On the stratification
/// of multi-label data", ECML PKDD 2011): the groups of the rarest stratum that is left come first, large ones before small ones, else in
/// the key's order. Each goes to the fold that has the smallest proportions of all strata of the group; of these, to the one with the
/// fewest images. So no fold is empty if there are as many such groups as folds. Returns the fold of each image; -1: its group can judge
/// nothing.
[[nodiscard]] std::vector<int> divide_into_folds(const std::vector<HeldOutTask>& tasks, std::span<const int> groups, int folds,
                                                 RandomKey key);

/// Returns the places of the flags that are set.
[[nodiscard]] std::vector<int> members_of(std::span<const char> flags);
/// Returns the number of images of each stratum.
[[nodiscard]] std::vector<int> count_strata(std::span<const int> strata, std::size_t count);

/// Draws `quotas[k]` images of each stratum k that are not `blocked`, in the key's order. Returns 1 for each drawn image. With the same
/// key, a smaller quota draws a subset of the images of a larger one.
[[nodiscard]] std::vector<char> draw_images(std::span<const int> strata, std::span<const char> blocked, std::span<const int> quotas,
                                            RandomKey key);

}  // namespace leat
