#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace leat::report {

/// What decides with which other runs a finished run forms a group over seeds.
struct SeededRun {
  std::string graph;  ///< Runs of other graphs are never in its group.
  std::string device;
  std::filesystem::path parent;  ///< The folder that contains its folder.
  std::optional<std::uint64_t> seed;
  std::int64_t modified = 0;
  bool is_named = false;  ///< Somebody named this run itself, so it is never left out, and comes before newer ones.
};

/// Why a run is left out of a group.
inline constexpr const char* same_seed_reason = "another run of the same graph has the same seed, and only the newest counts";

struct SeedGroups {
  std::vector<std::vector<std::size_t>> groups;               ///< Places of runs, in the given order.
  std::vector<std::pair<std::size_t, std::size_t>> left_out;  ///< Runs that do not count, each with the run of its seed that does.
};

/// Groups runs of one graph with different seeds. If two runs of a graph, device and folder have the same seed, only the newest counts; of
/// equally old ones, the first. If runs of a graph still have equal seeds, those of each folder and device are apart.
[[nodiscard]] SeedGroups seed_groups(std::span<const SeededRun> runs);

}  // namespace leat::report
