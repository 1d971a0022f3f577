#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "leat/description.h"
#include "leat/registry.h"

namespace leat {

/// A system with a budget: one line of the results, with one run per seed.
struct SweepRow {
  std::string name;  ///< `MultiMix-10-100`: the system and its budget, with `all` for 0 labels. Also the name of its folder.
  std::string system;
  std::filesystem::path graph;
  std::vector<Setting> settings;     ///< The settings of the budget, the system and `set` for which the graph has a parameter.
  std::vector<std::string> budget;   ///< The keys of the budget's settings.
  std::vector<std::uint64_t> seeds;  ///< Ascending.
  std::string graph_hash;            ///< Set by `check_sweep`.
  std::string pooled_name;           ///< The name without the fold: rows of one are the folds of a cross-validation. Empty: it has none.

  /// Returns the folder of a run, below the sweep's folder.
  [[nodiscard]] std::string folder(std::uint64_t seed) const { return name + "/seed-" + std::to_string(seed); }
};

/// A sweep's file as rows. Equal rows are one row, with the seeds of all of them.
struct Sweep {
  std::string title;
  std::vector<SweepRow> rows;  ///< By system, then by budget, in the order of the file.
  std::string base;            ///< The system that `compare` compares the others with. Empty: no comparison.
  std::vector<Named> metrics;  ///< Metrics of the comparison, `phase.node.metric`.
  std::string pool;            ///< The parameter that counts the folds of a cross-validation. Empty: there is none.
};

/// Reads a sweep's file. `settings` override the file's `set`. Paths in `set` that begin with `./` or `../` are relative to the file. All
/// mistakes go into `diagnostics`; the sweep is usable only if there are none.
[[nodiscard]] Sweep read_sweep(const std::filesystem::path& file, const std::vector<Setting>& settings, Diagnostics& diagnostics);
/// Builds each row's program as `leat check` does, and checks that the nodes of the compared metrics exist. A diagnostic that several rows
/// have is reported once.
void check_sweep(Sweep& sweep, const Registry& registry, const std::string& device, Diagnostics& diagnostics);

}  // namespace leat
