#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "io/split/draw.h"
#include "support/graphs.h"
#include "support/small_data.h"

#include "support/doctest.h"

using namespace leat;
using namespace leat::test;

namespace {

RandomKey key_of(std::uint64_t seed) {
  RandomKey key;
  key.key = RandomKey::of(seed, "", "test");
  return key;
}

int sum(const std::vector<char>& flags) { return std::accumulate(flags.begin(), flags.end(), 0); }

}  // namespace

TEST_CASE("groups: patient and bytes hang together through each other") {
  //                                     0    1    2    3    4    5
  const std::vector<std::string> patients{"a", "b", "a", "c", "d", "c"};
  const std::vector<int> twins{0, 1, 2, 1, 4, 5};  // 3 has the bytes of 1
  CHECK(join_groups(patients, twins) == std::vector<int>{0, 1, 0, 1, 4, 1});
}

TEST_CASE("budgets: exact in sum, within one of the exact share, none empty") {
  Random random(key_of(1));
  for (int round = 0; round < 2000; ++round) {
    std::vector<int> available(static_cast<std::size_t>(random.between(1, 6)));
    for (int& members : available) members = static_cast<int>(random.between(1, 400));
    const int total = std::accumulate(available.begin(), available.end(), 0);
    const int count = static_cast<int>(random.between(0, total));
    const std::vector<int> quotas = divide_budget(count, available, StratumShare::Prior);
    CHECK(std::accumulate(quotas.begin(), quotas.end(), 0) == count);
    bool is_forced = false;
    for (std::size_t k = 0; k < quotas.size(); ++k) is_forced = is_forced || static_cast<double>(count) * available[k] / total < 1;
    for (std::size_t k = 0; k < quotas.size(); ++k) {
      CHECK(quotas[k] <= available[k]);
      if (!is_forced) CHECK(std::abs(quotas[k] - static_cast<double>(count) * available[k] / total) < 1);
      if (count >= static_cast<int>(quotas.size())) CHECK(quotas[k] >= 1);
    }
  }
  CHECK(divide_budget(100, std::vector<int>{1341, 3875}, StratumShare::Prior) == std::vector<int>{26, 74});
  CHECK(divide_budget(100, std::vector<int>{1341, 3875}, StratumShare::Balanced) == std::vector<int>{50, 50});
  CHECK(divide_budget(101, std::vector<int>{1341, 3875}, StratumShare::Balanced) == std::vector<int>{51, 50});
  CHECK(divide_budget(3, std::vector<int>{1, 1, 998}, StratumShare::Prior) == std::vector<int>{1, 1, 1});
}

TEST_CASE("drawing: groups stay whole, quotas are met where small groups remain") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Random random(key_of(seed));
    const std::size_t count = 200;
    std::vector<int> strata(count), twins(count);
    std::vector<std::string> patients(count);
    for (std::size_t k = 0; k < count; ++k) {
      strata[k] = static_cast<int>(random.below(3)) - (random.chance(.1) ? 1 : 0);
      patients[k] = k < 100 ? "p" + std::to_string(random.below(25)) : "q" + std::to_string(k);
      twins[k] = static_cast<int>(random.chance(.03) ? random.below(static_cast<std::int64_t>(k) + 1) : static_cast<std::int64_t>(k));
    }
    const std::vector<int> groups = join_groups(patients, twins);
    const std::vector<int> quotas{12, 14, 9};
    const std::vector<char> drawn = draw_groups(strata, groups, quotas, key_of(seed + 1000));
    std::map<int, std::set<char>> seen;
    std::vector<int> counts(3, 0);
    for (std::size_t k = 0; k < count; ++k) {
      seen[groups[k]].insert(drawn[k]);
      if (drawn[k] && strata[k] >= 0) ++counts[static_cast<std::size_t>(strata[k])];
    }
    for (const auto& [group, flags] : seen) CHECK(flags.size() == 1);
    CHECK(counts == quotas);
    CHECK(draw_groups(strata, groups, quotas, key_of(seed + 1000)) == drawn);
  }
}

TEST_CASE("drawing: a smaller budget is a part of a larger one, and nothing blocked is drawn") {
  const std::size_t count = 500;
  std::vector<int> strata(count);
  for (std::size_t k = 0; k < count; ++k) strata[k] = k % 5 == 0 ? 0 : 1;
  std::vector<char> blocked(count, 0);
  for (std::size_t k = 0; k < count; k += 7) blocked[k] = 1;
  const auto small = draw_images(strata, blocked, std::vector<int>{5, 20}, key_of(3));
  const auto large = draw_images(strata, blocked, std::vector<int>{50, 200}, key_of(3));
  CHECK(sum(small) == 25);
  CHECK(sum(large) == 250);
  for (std::size_t k = 0; k < count; ++k) {
    CHECK(small[k] <= large[k]);
    CHECK_FALSE((large[k] && blocked[k]));
  }
  CHECK(draw_images(strata, blocked, std::vector<int>{5, 20}, key_of(4)) != small);
}

TEST_CASE("drawing: every image is as likely as another") {
  std::vector<int> strata(20, 0), hits(20, 0);
  const std::vector<char> blocked(20, 0);
  const int rounds = 4000;
  for (int seed = 0; seed < rounds; ++seed) {
    const auto drawn = draw_images(strata, blocked, std::vector<int>{5}, key_of(static_cast<std::uint64_t>(seed)));
    for (std::size_t k = 0; k < 20; ++k) hits[k] += drawn[k];
  }
  // Binomial, p = 1/4: four deviations are 110.
  for (const int hit : hits) CHECK(std::abs(hit - rounds / 4) < 110);
}

TEST_CASE("budgets: a key decides between equal strata, and without one their order does") {
  const std::vector<int> available(10, 1);
  CHECK(divide_budget(3, available, StratumShare::Prior) == std::vector<int>{1, 1, 1, 0, 0, 0, 0, 0, 0, 0});
  std::set<std::vector<int>> drawn;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const std::vector<int> quotas = divide_budget(3, available, StratumShare::Prior, key_of(seed));
    CHECK(std::accumulate(quotas.begin(), quotas.end(), 0) == 3);
    drawn.insert(quotas);
  }
  CHECK(drawn.size() > 20);
  CHECK(divide_budget(5, std::vector<int>{10, 1, 39}, StratumShare::Prior, key_of(1)) ==
        divide_budget(5, std::vector<int>{10, 1, 39}, StratumShare::Prior));
}

namespace {

std::vector<int> singles(std::size_t count) {
  std::vector<int> out(count);
  std::iota(out.begin(), out.end(), 0);
  return out;
}

/// The number of images in each fold, of those for which `counts`.
template <class Counts>
std::vector<int> in_folds(const std::vector<int>& folds, int count, Counts counts) {
  std::vector<int> out(static_cast<std::size_t>(count), 0);
  for (std::size_t k = 0; k < folds.size(); ++k)
    if (folds[k] >= 0 && counts(k)) ++out[static_cast<std::size_t>(folds[k])];
  return out;
}

int spread(const std::vector<int>& counts) {
  return *std::max_element(counts.begin(), counts.end()) - *std::min_element(counts.begin(), counts.end());
}

}  // namespace

TEST_CASE("folds: many small strata are divided equally, and the key decides how") {
  std::set<std::vector<int>> drawn;
  for (const std::vector<int>& members : {std::vector<int>(200, 1), std::vector<int>{40, 20, 20, 20, 20, 1, 1}, std::vector<int>{7}})
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      HeldOutTask task{"", {}, static_cast<int>(members.size()), 0};
      for (std::size_t stratum = 0; stratum < members.size(); ++stratum)
        task.strata.insert(task.strata.end(), static_cast<std::size_t>(members[stratum]), static_cast<int>(stratum));
      const std::vector<int> folds = divide_into_folds({task}, singles(task.strata.size()), 7, key_of(seed));
      CHECK(spread(in_folds(folds, 7, [](std::size_t) { return true; })) <= 1);
      for (int stratum = 0; stratum < task.strata_count; ++stratum)
        CHECK(spread(in_folds(folds, 7, [&](std::size_t k) { return task.strata[k] == stratum; })) <= 1);
      drawn.insert(folds);
    }
  CHECK(drawn.size() == 30);
}

TEST_CASE("folds: each of several findings is divided equally, although nearly every set of them is another") {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Random random(key_of(seed));
    std::vector<HeldOutTask> tasks(14, {"", std::vector<int>(200, -1), 2, 0});
    for (std::size_t finding = 0; finding < tasks.size(); ++finding)
      for (int& stratum : tasks[finding].strata)
        if (!random.chance(.1)) stratum = random.chance(.04 * static_cast<double>(finding + 1)) ? 1 : 0;
    const std::vector<int> folds = divide_into_folds(tasks, singles(200), 5, key_of(seed + 100));
    CHECK(std::count(folds.begin(), folds.end(), -1) == 0);
    CHECK(spread(in_folds(folds, 5, [](std::size_t) { return true; })) <= 4);
    // At random, the largest difference is about 15.
    for (const HeldOutTask& task : tasks)
      for (const int stratum : {0, 1}) CHECK(spread(in_folds(folds, 5, [&](std::size_t k) { return task.strata[k] == stratum; })) <= 7);
  }
}

TEST_CASE("folds: groups stay whole, and no fold is empty if there are as many groups") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const HeldOutTask task{"", {0, 0, 0, 0, 0, 0, 1, 0, 1, -1}, 2, 0};
    const std::vector<int> groups{0, 0, 0, 0, 0, 0, 6, 7, 8, 9};
    const std::vector<int> folds = divide_into_folds({task}, groups, 4, key_of(seed));
    for (std::size_t k = 0; k < 6; ++k) CHECK(folds[k] == folds[0]);
    CHECK(folds[9] == -1);
    const std::vector<int> counts = in_folds(folds, 4, [](std::size_t) { return true; });
    CHECK(std::count(counts.begin(), counts.end(), 0) == 0);
  }
}

TEST_CASE("io.split: draws of plain classes are those of earlier versions, also where classes are equal") {
  const TemporaryFolder folder;
  int value = 0;
  for (const auto& [name, count] : {std::pair("a", 9), {"b", 9}, {"c", 9}, {"d", 3}})
    for (int k = 0; k < count; ++k) put_bytes(folder.path() / name / (std::to_string(k) + ".png"), value++);
  using Images = std::vector<int>;
  const auto check = [&](const std::string& with, std::uint64_t seed, const Images& labelled, const Images& validation) {
    const auto split = made_split(folder.path(), with, seed);
    CHECK(split->part(Split::Target::Classes, Split::Part::Labelled) == labelled);
    CHECK(split->part(Split::Target::Classes, Split::Part::Validation) == validation);
  };
  // Drawn by the version of 2026-11-30, before sets of findings had a key for equal remainders.
  check("class_labels: 6, validation: 6", 0, {5, 11, 17, 22, 24, 29}, {3, 13, 14, 19, 26, 28});
  check("class_labels: 6, validation: 6", 1, {7, 12, 13, 20, 21, 28}, {6, 10, 17, 22, 26, 27});
  check("class_labels: 5", 0, {0, 5, 11, 25, 28}, {3, 13, 26});
  check("class_labels: 5", 1, {7, 8, 11, 21, 27}, {6, 17, 26});
  check("class_labels: 5", 7, {0, 5, 13, 21, 28}, {3, 16, 19});
  check("class_labels: 7, validation: 0.2, class_share: balanced", 7, {0, 5, 10, 14, 21, 24, 29}, {3, 12, 16, 19, 22, 27});
}
