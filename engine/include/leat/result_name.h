#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "leat/sample.h"

namespace leat {

/// Returns the path of a sample's result below a folder: the folders in its id, then its name with `part` and `ending` (with the dot). For
/// PNG results, `a/b.png` gives `a/b.png`, `a/b.jpg` gives `a/b.jpg.png`, a file `a/b` without an ending gives `a/b_.png`, and a generated
/// sample `a/0001` gives `a/0001.png`. Invariant: two samples of one source never share a path, and no result has the path of another's
/// folder. An ambiguous character is percent-encoded: a dot becomes `%2E`. No path leaves the folder. No name is hidden or longer than 255
/// bytes: a longer name is truncated and ends with a hash. `part` is empty or from `result_parts`. Throws std::runtime_error if the sample
/// has no id. [any thread]
[[nodiscard]] std::filesystem::path result_path(const Sample& sample, std::string_view part, std::string_view ending);

/// Returns for each name the part of its results' file names: `_lungs`. Invariant: results of different names or samples have different
/// paths. Next to `lung`, `left_lung` therefore becomes `_left%5Flung`. The part of a single name is empty. Throws std::runtime_error if
/// two names are equal.
[[nodiscard]] std::vector<std::string> result_parts(const std::vector<std::string>& names);

}  // namespace leat
