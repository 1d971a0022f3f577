#pragma once

#include <filesystem>
#include <set>

#include "io/split/entry.h"
#include "io/split/named_pictures.h"
#include "leat/csv.h"

namespace leat {

/// Returns the files that any field of a list can name, such as masks, and the list's images.
[[nodiscard]] std::set<std::filesystem::path> files_named(const SplitEntries& all, const CsvTable& table);

/// Adds the pictures of the images' folder that no field names, as images of which nothing is known.
void add_unlisted(SplitEntries& all, NamedPictures& pictures, const CsvTable& table);

/// Finds the pictures in the folders of the list's images that no field names: sets `unlisted`.
void find_unlisted(SplitEntries& all, const CsvTable& table);

}  // namespace leat
