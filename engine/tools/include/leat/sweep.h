#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "leat/description.h"
#include "leat/registry.h"

namespace leat {

/// A system under a budget: one line of the results, a run for each of its seeds.
struct SweepRow {
  std::string name;  ///< `MultiMix-10-100`, the system and its budget; 0 labels are all. Also the name of its folder.
  std::string system;
  std::filesystem::path graph;
  std::vector<Setting> settings;     ///< Of the budget, the system and `set`, what the graph has.
  std::vector<std::string> budget;   ///< Which of these are the budget's.
  std::vector<std::uint64_t> seeds;  ///< Ascending.
  std::string graph_hash;            ///< Set by `check_sweep`.

  /// Of a run, below the sweep's folder.
  [[nodiscard]] std::string folder(std::uint64_t seed) const { return name + "/seed-" + std::to_string(seed); }
};

/// A file of systems and budgets, as rows; equal ones are one, with the seeds of all.
struct Sweep {
  std::string title;
  std::vector<SweepRow> rows;  ///< By system, and then by budget, as the file has them.
  std::string base;            ///< The system that `compare` puts beside the others; none: empty.
  std::vector<Named> metrics;  ///< In which, `phase.node.metric`.
};

/// `settings` come before the file's `set`. Paths in `set` that begin with `./` or `../` start from the file. All mistakes go into
/// `diagnostics`; the sweep is usable only if there are none.
[[nodiscard]] Sweep read_sweep(const std::filesystem::path& file, const std::vector<Setting>& settings, Diagnostics& diagnostics);
/// Builds each row's program, as far as `leat check` does, and sees that nodes of what is compared exist. What several rows say alike
/// is said once.
void check_sweep(Sweep& sweep, const Registry& registry, const std::string& device, Diagnostics& diagnostics);

}  // namespace leat
