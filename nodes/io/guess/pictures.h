#pragma once

#include <vector>

#include "io/split/entry.h"
#include "leat/guesses_data.h"

namespace leat::guess {

/// Adds the sizes, depth and colour of the images to `out`. Decodes some of them, because a file with three channels can be gray.
void find_kinds(const std::vector<SplitEntry>& entries, DataGuess& out);

}  // namespace leat::guess
