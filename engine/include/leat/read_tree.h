#pragma once

#include <memory>

#include "leat/tree.h"

namespace leat {

/// Reads one YAML document with places. Reports unknown tags, several documents and duplicate keys as errors in `diagnostics`.
[[nodiscard]] Tree read_tree(std::shared_ptr<const SourceText> text, Diagnostics& diagnostics);

}  // namespace leat
