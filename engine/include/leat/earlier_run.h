#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "leat/archive.h"

namespace leat {

/// What a Program learns of the run that it goes on from, or whose weights it uses: what its resources are loaded with, and what they
/// recorded of their files (`Resource::record`).
struct EarlierRun {
  std::set<std::string> loaded;              ///< Resources that are loaded after they opened.
  std::map<std::string, Archive> records;    ///< By resource.
  std::map<std::string, std::string> types;  ///< Of the resources; empty: not known.
  bool accepts_changed_files = false;        ///< The user named what differs, and accepts it.
};

/// That of a run's last checkpoint. Reads no weights. Returns nullopt if the run has no checkpoint. Throws std::runtime_error if it has one
/// that cannot be read.
[[nodiscard]] std::optional<EarlierRun> earlier_run(const std::filesystem::path& run_folder);

}  // namespace leat
