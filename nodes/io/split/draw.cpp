#include "io/split/draw.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

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

std::vector<int> divide_budget(int count, std::span<const int> available, StratumShare share) {
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
  for (int left = count - std::accumulate(quotas.begin(), quotas.end(), 0); left > 0; --left) {
    const auto largest = std::max_element(remainders.begin(), remainders.end());
    ++quotas[static_cast<std::size_t>(largest - remainders.begin())];
    *largest = -1;
  }
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

std::vector<char> draw_for_tasks(std::vector<HeldOutTask> tasks, std::span<const int> groups, RandomKey key) {
  std::stable_sort(tasks.begin(), tasks.end(), [](const HeldOutTask& a, const HeldOutTask& b) { return a.judges() < b.judges(); });
  const std::vector<std::vector<int>> ordered = ordered_groups(groups, key);
  std::vector<char> drawn(groups.size(), 0);
  for (const HeldOutTask& task : tasks) {
    const auto count = static_cast<std::size_t>(task.strata_count);
    std::vector<int> quotas = divide_budget(task.wanted, count_strata(task.strata, count), StratumShare::Prior);
    for (std::size_t k = 0; k < drawn.size(); ++k)
      if (drawn[k] && task.strata[k] >= 0) --quotas[static_cast<std::size_t>(task.strata[k])];
    for (int& quota : quotas) quota = std::max(quota, 0);
    draw_fitting(ordered, task.strata, quotas, drawn);
  }
  return drawn;
}

std::vector<int> divide_into_folds(const std::vector<HeldOutTask>& tasks, std::span<const int> groups, int folds, RandomKey key) {
  std::vector<int> out(groups.size(), -1);
  // For each fold, the images of each stratum of each task.
  std::vector<std::vector<std::vector<int>>> counts(static_cast<std::size_t>(folds));
  for (auto& fold : counts)
    for (const HeldOutTask& task : tasks) fold.emplace_back(static_cast<std::size_t>(task.strata_count), 0);
  for (const std::vector<int>& group : ordered_groups(groups, key)) {
    std::vector<std::pair<std::size_t, std::size_t>> strata;
    for (std::size_t t = 0; t < tasks.size(); ++t)
      for (const int image : group)
        if (const int stratum = tasks[t].strata[static_cast<std::size_t>(image)]; stratum >= 0)
          strata.emplace_back(t, static_cast<std::size_t>(stratum));
    if (strata.empty()) continue;
    std::size_t best = 0;
    int fewest = -1;
    for (std::size_t fold = 0; fold < counts.size(); ++fold) {
      int have = 0;
      for (const auto& [task, stratum] : strata) have += counts[fold][task][stratum];
      if (fewest < 0 || have < fewest) best = fold, fewest = have;
    }
    for (const auto& [task, stratum] : strata) ++counts[best][task][stratum];
    for (const int image : group) out[static_cast<std::size_t>(image)] = static_cast<int>(best);
  }
  return out;
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

}  // namespace leat
