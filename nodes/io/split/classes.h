#pragma once

#include <string>
#include <utility>
#include <vector>

#include "io/split/entry.h"

namespace leat {

/// Sets the label of each entry from its class name. Names that look the same, because they differ in their Unicode form or in kinds of
/// blanks only, are one class, with a warning. It has the name in `wanted`, else the first one found. Returns the classes: `wanted`, or if
/// it is empty those found, sorted; none if no image has a class. Sets `absent` to the classes that no image has. Throws Refusal for a
/// class that is not in `wanted`, with its line or folder.
[[nodiscard]] std::vector<std::string> resolve_classes(SplitEntries& all, const std::vector<std::string>& wanted, bool is_multi_label,
                                                       std::vector<std::string>& absent);

/// Returns a sentence on images with the same bytes but different classes; empty: there are none. `twins`: for each image, the first with
/// its bytes.
[[nodiscard]] std::string different_classes(const std::vector<SplitEntry>& entries, const std::vector<int>& twins);

/// Returns the stratum of each image and the number of strata, at least 1. A stratum is a class or, with several labels, a set of classes;
/// -1: not known.
[[nodiscard]] std::pair<std::vector<int>, int> strata_of(const std::vector<SplitEntry>& entries, int classes);

}  // namespace leat
