#pragma once

#include <chrono>

#include "io/split/entry.h"

namespace leat {

/// Sets the size and orientation of each entry from its file's header. Adds warnings on images that state an orientation, and on images
/// that cannot be read: those without a header, those whose files differ in size or depth, and truncated ones, which lack the mark at their
/// end. Decodes files that seem to be such, until they have taken `longest`. The warning then says that it counts some of them only.
void read_headers(SplitEntries& all, std::chrono::steady_clock::duration longest = std::chrono::seconds(3));

}  // namespace leat
