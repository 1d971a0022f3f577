#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "io/split/list_text.h"

namespace leat {

/// A list with the files of further channels of each row's image.
struct Datalist {
  ListText text;
  std::vector<std::vector<std::string>> channels;  ///< Of the rows; shorter: no row has any.
  std::vector<std::string> warnings;               ///< Sentences on lists and keys that are not read.
};

/// Reads a datalist of MONAI (.json) as a table: lists `training`, `validation` and `test` of objects with `image` and `label`, or one
/// list. Other keys with one value describe the data set. An image can be a list of files, one per channel. A label is a path, a number, a
/// text, or a list: of texts, or of 0 and 1 for findings. Throws Refusal at `path`.
[[nodiscard]] Datalist read_datalist(const std::filesystem::path& file);

}  // namespace leat
