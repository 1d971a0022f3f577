#pragma once

#include "description/reading.h"

namespace leat {

/// Reads `needs: {plugins: {dicom: ">=0.1"}}`.
[[nodiscard]] std::vector<NeedText> read_needs(const Tree& tree, Reading& reading);

}  // namespace leat
