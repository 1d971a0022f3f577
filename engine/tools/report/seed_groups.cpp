#include "report/seed_groups.h"

#include <algorithm>
#include <tuple>

namespace leat::report {

namespace {

using Places = std::vector<std::size_t>;

auto identity(const SeededRun& run) { return std::tie(run.graph, run.device, run.parent, run.seed); }
auto precedence(const SeededRun& run) { return std::pair(run.is_named, run.modified); }

bool has_equal_seeds(std::span<const SeededRun> runs, const Places& group) {
  for (std::size_t a = 0; a < group.size(); ++a)
    for (std::size_t b = a + 1; b < group.size(); ++b)
      if (runs[group[a]].seed == runs[group[b]].seed) return true;
  return false;
}

/// Returns the places with equal keys together, in the order of their first.
template <class Key>
std::vector<Places> grouped(const Places& places, const Key& key) {
  std::vector<Places> out;
  for (const std::size_t k : places) {
    const auto found = std::find_if(out.begin(), out.end(), [&](const Places& group) { return key(group.front()) == key(k); });
    if (found == out.end()) out.push_back({k});
    else found->push_back(k);
  }
  return out;
}

}  // namespace

SeedGroups seed_groups(std::span<const SeededRun> runs) {
  SeedGroups out;
  Places counted;
  for (std::size_t k = 0; k < runs.size(); ++k) {
    std::size_t newest = k;
    for (std::size_t other = 0; other < runs.size(); ++other)
      if (identity(runs[other]) == identity(runs[k]) && precedence(runs[other]) > precedence(runs[newest])) newest = other;
    // Of equal ones, the first.
    for (std::size_t other = 0; other < newest; ++other)
      if (identity(runs[other]) == identity(runs[k]) && precedence(runs[other]) == precedence(runs[newest])) newest = other;
    if (newest == k || runs[k].is_named) counted.push_back(k);
    else out.left_out.emplace_back(k, newest);
  }
  for (Places& group : grouped(counted, [&](std::size_t k) { return runs[k].graph; })) {
    if (!has_equal_seeds(runs, group)) {
      out.groups.push_back(std::move(group));
      continue;
    }
    for (Places& part : grouped(group, [&](std::size_t k) { return std::tie(runs[k].parent, runs[k].device); }))
      out.groups.push_back(std::move(part));
  }
  return out;
}

}  // namespace leat::report
