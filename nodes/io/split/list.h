#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "io/split/entry.h"

namespace leat {

/// Reads a list of images: a table, a file per line, or a datalist of MONAI (.json). Sets `listed` to the path that each field would have
/// as a file. Throws Refusal at `path` or `columns`.
[[nodiscard]] SplitEntries read_list(const std::filesystem::path& list, const FolderNames& names, const ListSettings& settings,
                                     std::set<std::filesystem::path>* listed = nullptr);

/// Returns the id for a path of a list, without `..` and without a root, so that it never leads out of a folder.
[[nodiscard]] std::string id_of(const std::string& listed);

}  // namespace leat
