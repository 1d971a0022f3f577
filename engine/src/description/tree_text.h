#pragma once

#include <string>

#include "leat/tree.h"

namespace leat {

/// A tree as YAML on one line: `[16, 32]`.
[[nodiscard]] std::string flow_text(const Tree& tree);
/// The same with the relative paths in it made absolute: what begins with `./` or `../` can only be one, whatever it is for.
[[nodiscard]] Tree with_whole_paths(Tree tree);

}  // namespace leat
