#pragma once

#include <memory>

#include "io/guess/trial.h"

namespace leat::guess {

/// Finds the masks and label maps of a data set by the names of its columns and folders, and adds its structures and remarks to `out`. Sets
/// `masks` and `void`, and replaces `found` by the data set with them. Throws Refusal if two structures would have one name.
void find_masks(Trial& trial, std::unique_ptr<Split>& found, DataGuess& out);

}  // namespace leat::guess
