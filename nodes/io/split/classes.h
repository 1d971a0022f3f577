#pragma once

#include <string>
#include <utility>
#include <vector>

#include "io/split/entry.h"

namespace leat {

/// Gives each entry its label by its class name, and returns the classes: `wanted`, or those found, sorted; none where no image has
/// one. `absent` are those that no image has. Throws Refusal for a class that is not wanted (with its line or folder).
[[nodiscard]] std::vector<std::string> resolve_classes(SplitEntries& all, const std::vector<std::string>& wanted, bool is_multi_label,
                                                       std::vector<std::string>& absent);

/// What to stratify by: each image's class or, with several labels, its set of classes (-1: not known), and how many there are, at least 1.
[[nodiscard]] std::pair<std::vector<int>, int> strata_of(const std::vector<SplitEntry>& entries, int classes);

}  // namespace leat
