#include <map>
#include <numeric>
#include <set>

#include "io/split/draw.h"

#include "support/doctest.h"

using namespace leat;

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
