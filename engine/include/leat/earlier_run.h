#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "leat/archive.h"

namespace leat {

/// Facts about an earlier run for a Program that resumes it or uses its weights: the resources to load, and their records of files
/// (`Resource::record`).
struct EarlierRun {
  std::set<std::string> loaded;              ///< Names of resources that are loaded after they open.
  std::map<std::string, Archive> records;    ///< Records, by name of the resource.
  std::map<std::string, std::string> types;  ///< Types, by name of the resource; empty if unknown.
  bool accepts_changed_files = false;        ///< The user accepts differences from the records.
};

/// Returns the facts in a run's last checkpoint. Reads no weights. Returns nullopt if the run has no checkpoint. Throws std::runtime_error
/// if the checkpoint cannot be read.
[[nodiscard]] std::optional<EarlierRun> earlier_run(const std::filesystem::path& run_folder);

}  // namespace leat
