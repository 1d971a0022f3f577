#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "leat/sample.h"

namespace leat {

/// Where what is made of a sample goes below a folder: its id's folders, then its name with `part` and `ending`, which begins with a dot.
/// For PNG files `a/b.png` gives `a/b.png`, `a/b.jpg` gives `a/b.jpg.png`, a file `a/b` without an ending `a/b_.png`, and drawn `a/0001`
/// gives `a/0001.png`. Two samples of a source never get one path, whatever their ids are, nor does one get the path of another's folder:
/// a letter by which they could be mistaken is written as `%2E`. No path leads out of the folder, no name in it is hidden or has more than
/// 255 bytes: a longer one ends with a hash of the whole. `part` is empty or of `result_parts`. Throws std::runtime_error where the sample
/// has no id. [any thread]
[[nodiscard]] std::filesystem::path result_path(const Sample& sample, std::string_view part, std::string_view ending);

/// What a sample's results of these names have in theirs, `_lungs`, so that no result of a sample has the path of another name's of another
/// sample: beside `lung`, `left_lung` becomes `_left%5Flung`. Of one name alone it is empty. Throws std::runtime_error where two names are
/// equal.
[[nodiscard]] std::vector<std::string> result_parts(const std::vector<std::string>& names);

}  // namespace leat
