#pragma once

#include <filesystem>

#include "io/split/entry.h"
#include "leat/csv.h"

namespace leat {

/// Replaces the paths of a list that are written as in Windows, `Bilder\a.jpg`, by paths with `/`: in the column `image`, and in others
/// if they end like a picture. A path that begins with a drive or a server loses it, and the folders that all such paths of its column
/// share, as far as they are not below the folder. Paths that differ stay different. Adds a phrase to `taken`.
void read_windows_paths(SplitEntries& all, CsvTable& table);

}  // namespace leat
