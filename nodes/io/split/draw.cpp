#include "io/split/draw.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "leat/check.h"

namespace leat {

namespace {

int root_of(std::vector<int>& parents, int image) {
  while (parents[static_cast<std::size_t>(image)] != image) {
    int& parent = parents[static_cast<std::size_t>(image)];
    parent = parents[static_cast<std::size_t>(parent)];
    image = parent;
  }
  return image;
}

/// The smaller number stays the root.
void join(std::vector<int>& parents, int a, int b) {
  a = root_of(parents, a);
  b = root_of(parents, b);
  parents[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
}

}  // namespace

std::vector<int> join_groups(std::span<const std::string> patients, std::span<const int> twins) {
  LEAT_CHECK(patients.size() == twins.size());
  std::vector<int> parents(patients.size());
  std::iota(parents.begin(), parents.end(), 0);
  std::unordered_map<std::string_view, int> first;
  for (std::size_t k = 0; k < patients.size(); ++k) {
    const int image = static_cast<int>(k);
    join(parents, image, first.emplace(patients[k], image).first->second);
    join(parents, image, twins[k]);
  }
  std::vector<int> out(parents.size());
  for (std::size_t k = 0; k < out.size(); ++k) out[k] = root_of(parents, static_cast<int>(k));
  return out;
}

std::vector<int> divide_budget(int count, std::span<const int> available, StratumShare share, std::optional<RandomKey> ties) {
  const std::int64_t total = std::accumulate(available.begin(), available.end(), std::int64_t{0});
  const auto strata = static_cast<std::int64_t>(available.size());
  LEAT_CHECK(strata > 0 && count <= total);
  std::vector<int> quotas;
  std::vector<std::int64_t> remainders;
  for (const int members : available) {
    const std::int64_t part = share == StratumShare::Balanced ? 1 : members;
    const std::int64_t whole = share == StratumShare::Balanced ? strata : total;
    quotas.push_back(whole == 0 ? 0 : static_cast<int>(count * part / whole));
    remainders.push_back(whole == 0 ? 0 : count * part % whole);
  }
  std::vector<std::size_t> order(quotas.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (ties) {
    const Permutation mixed(*ties, strata);
    for (std::size_t k = 0; k < order.size(); ++k) order[k] = static_cast<std::size_t>(mixed(static_cast<std::int64_t>(k)));
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
  const int left = count - std::accumulate(quotas.begin(), quotas.end(), 0);
  for (int k = 0; k < left; ++k) ++quotas[order[static_cast<std::size_t>(k)]];
  if (count < strata) return quotas;
  for (std::size_t k = 0; k < quotas.size(); ++k) {
    if (quotas[k] > 0 || available[k] == 0) continue;
    --*std::max_element(quotas.begin(), quotas.end());
    quotas[k] = 1;
  }
  return quotas;
}

namespace {

/// The groups of images, in the order of a draw.
std::vector<std::vector<int>> ordered_groups(std::span<const int> groups, RandomKey key) {
  std::vector<std::vector<int>> members(groups.size());
  std::vector<int> firsts;
  for (std::size_t k = 0; k < groups.size(); ++k) {
    auto& group = members[static_cast<std::size_t>(groups[k])];
    if (group.empty()) firsts.push_back(groups[k]);
    group.push_back(static_cast<int>(k));
  }
  const Permutation order(key, static_cast<std::int64_t>(firsts.size()));
  std::vector<std::vector<int>> out;
  for (std::size_t place = 0; place < firsts.size(); ++place)
    out.push_back(std::move(members[static_cast<std::size_t>(firsts[static_cast<std::size_t>(order(static_cast<std::int64_t>(place)))])]));
  return out;
}

/// Draws the groups that fit into the remaining quotas.
void draw_fitting(const std::vector<std::vector<int>>& groups, std::span<const int> strata, std::vector<int>& quotas,
                  std::vector<char>& drawn) {
  for (const std::vector<int>& group : groups) {
    if (drawn[static_cast<std::size_t>(group[0])]) continue;
    std::vector<int> left = quotas;
    bool counts = false, fits = true;
    for (const int image : group) {
      const int stratum = strata[static_cast<std::size_t>(image)];
      if (stratum < 0) continue;
      counts = true;
      fits = --left[static_cast<std::size_t>(stratum)] >= 0 && fits;
    }
    if (!counts || !fits) continue;
    quotas = std::move(left);
    for (const int image : group) drawn[static_cast<std::size_t>(image)] = 1;
  }
}

}  // namespace

std::vector<char> draw_groups(std::span<const int> strata, std::span<const int> groups, std::vector<int> quotas, RandomKey key) {
  std::vector<char> drawn(groups.size(), 0);
  draw_fitting(ordered_groups(groups, key), strata, quotas, drawn);
  return drawn;
}

int HeldOutTask::judges() const {
  return static_cast<int>(std::count_if(strata.begin(), strata.end(), [](int stratum) { return stratum >= 0; }));
}

bool are_of_same_images(const std::vector<HeldOutTask>& tasks) {
  for (const HeldOutTask& task : tasks)
    for (std::size_t k = 0; k < task.strata.size(); ++k)
      if ((task.strata[k] >= 0) != (tasks[0].strata[k] >= 0)) return false;
  return true;
}

std::vector<char> draw_for_tasks(std::vector<HeldOutTask> tasks, std::span<const int> groups, RandomKey key,
                                 std::optional<RandomKey> ties) {
  std::stable_sort(tasks.begin(), tasks.end(), [](const HeldOutTask& a, const HeldOutTask& b) { return a.judges() < b.judges(); });
  const std::vector<std::vector<int>> ordered = ordered_groups(groups, key);
  std::vector<char> drawn(groups.size(), 0);
  for (const HeldOutTask& task : tasks) {
    const auto count = static_cast<std::size_t>(task.strata_count);
    std::vector<int> quotas = divide_budget(task.wanted, count_strata(task.strata, count), StratumShare::Prior, ties);
    for (std::size_t k = 0; k < drawn.size(); ++k)
      if (drawn[k] && task.strata[k] >= 0) --quotas[static_cast<std::size_t>(task.strata[k])];
    for (int& quota : quotas) quota = std::max(quota, 0);
    draw_fitting(ordered, task.strata, quotas, drawn);
  }
  return drawn;
}

namespace {

/// A stratum of a task whose images are divided among folds.
struct DividedStratum {
  std::vector<std::size_t> groups;  ///< Places of its groups in the order of the draw.
  int images = 0;                   ///< All of it.
  int left = 0;                     ///< Images that are in no fold yet.
  std::vector<int> in_fold;         ///< Its images in each fold.
};

/// Divides groups among folds by iterative stratification.
class FoldDivision {
 public:
  FoldDivision(const std::vector<HeldOutTask>& tasks, std::vector<std::vector<int>> groups, int folds)
      : groups_(std::move(groups)), of_group_(groups_.size()), sizes_(static_cast<std::size_t>(folds), 0) {
    for (const HeldOutTask& task : tasks) {
      const std::size_t first = strata_.size();
      strata_.resize(first + static_cast<std::size_t>(task.strata_count), {{}, 0, 0, std::vector<int>(sizes_.size(), 0)});
      for (std::size_t place = 0; place < groups_.size(); ++place)
        for (const int image : groups_[place])
          if (const int stratum = task.strata[static_cast<std::size_t>(image)]; stratum >= 0)
            add(place, first + static_cast<std::size_t>(stratum));
    }
  }

  /// Returns the fold of each image; -1: its group can judge nothing.
  [[nodiscard]] std::vector<int> divided(std::size_t images) {
    std::vector<int> out(images, -1);
    while (const DividedStratum* rarest = rarest_left()) {
      const auto which = static_cast<std::size_t>(rarest - strata_.data());
      std::vector<std::size_t> places = rarest->groups;
      std::erase_if(places, [&](std::size_t place) { return out[static_cast<std::size_t>(groups_[place][0])] >= 0; });
      std::stable_sort(places.begin(), places.end(),
                       [&](std::size_t a, std::size_t b) { return of_group_[a].at(which) > of_group_[b].at(which); });
      for (const std::size_t place : places) {
        const std::size_t fold = neediest_fold(place);
        put(place, fold);
        for (const int image : groups_[place]) out[static_cast<std::size_t>(image)] = static_cast<int>(fold);
      }
    }
    return out;
  }

 private:
  void add(std::size_t place, std::size_t stratum) {
    if (of_group_[place][stratum]++ == 0) strata_[stratum].groups.push_back(place);
    ++strata_[stratum].images;
    ++strata_[stratum].left;
  }

  void put(std::size_t place, std::size_t fold) {
    for (const auto& [stratum, images] : of_group_[place]) {
      strata_[stratum].left -= images;
      strata_[stratum].in_fold[fold] += images;
    }
    sizes_[fold] += static_cast<int>(groups_[place].size());
  }

  /// Returns the stratum with the fewest images that are in no fold; of several, the one that was drawn first. Null: none has any.
  [[nodiscard]] const DividedStratum* rarest_left() const {
    const DividedStratum* out = nullptr;
    for (const DividedStratum& one : strata_) {
      if (one.left == 0) continue;
      if (!out || std::pair(one.left, one.groups[0]) < std::pair(out->left, out->groups[0])) out = &one;
    }
    return out;
  }

  /// Returns the fold that has the smallest proportions of the strata of a group, as a sum over its images; of several, the smallest fold.
  [[nodiscard]] std::size_t neediest_fold(std::size_t place) const {
    std::vector<std::pair<double, int>> has;
    for (std::size_t fold = 0; fold < sizes_.size(); ++fold) {
      has.emplace_back(0, sizes_[fold]);
      for (const auto& [stratum, images] : of_group_[place])
        has.back().first += static_cast<double>(images) * strata_[stratum].in_fold[fold] / strata_[stratum].images;
    }
    return static_cast<std::size_t>(std::min_element(has.begin(), has.end()) - has.begin());
  }

  std::vector<std::vector<int>> groups_;
  std::vector<DividedStratum> strata_;
  std::vector<std::map<std::size_t, int>> of_group_;  ///< For each group, its images of each stratum.
  std::vector<int> sizes_;                            ///< Images of each fold.
};

}  // namespace

std::vector<int> divide_into_folds(const std::vector<HeldOutTask>& tasks, std::span<const int> groups, int folds, RandomKey key) {
  return FoldDivision(tasks, ordered_groups(groups, key), folds).divided(groups.size());
}

std::vector<int> members_of(std::span<const char> flags) {
  std::vector<int> out;
  for (std::size_t k = 0; k < flags.size(); ++k)
    if (flags[k]) out.push_back(static_cast<int>(k));
  return out;
}

std::vector<int> count_strata(std::span<const int> strata, std::size_t count) {
  std::vector<int> out(count, 0);
  for (const int stratum : strata)
    if (stratum >= 0) ++out[static_cast<std::size_t>(stratum)];
  return out;
}

std::vector<char> draw_images(std::span<const int> strata, std::span<const char> blocked, std::span<const int> quotas, RandomKey key) {
  std::vector<std::vector<int>> members(quotas.size());
  for (std::size_t k = 0; k < strata.size(); ++k)
    if (strata[k] >= 0) members[static_cast<std::size_t>(strata[k])].push_back(static_cast<int>(k));
  std::vector<char> drawn(strata.size(), 0);
  for (std::size_t stratum = 0; stratum < members.size(); ++stratum) {
    key.slot = static_cast<std::uint32_t>(stratum);
    const auto count = static_cast<std::int64_t>(members[stratum].size());
    if (count == 0) continue;
    const Permutation order(key, count);
    int left = quotas[stratum];
    for (std::int64_t place = 0; place < count && left > 0; ++place) {
      const auto image = static_cast<std::size_t>(members[stratum][static_cast<std::size_t>(order(place))]);
      if (blocked[image]) continue;
      drawn[image] = 1;
      --left;
    }
  }
  return drawn;
}

bool are_counted(const std::set<std::string>& folds) {
  for (std::size_t k = 0; k < folds.size(); ++k)
    if (!folds.contains(std::to_string(k))) return false;
  return true;
}

}  // namespace leat
