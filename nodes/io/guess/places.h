#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "io/guess/trial.h"

namespace leat::guess {

/// Returns the names of the folders, or of the files, in a folder, sorted.
[[nodiscard]] std::vector<std::string> names_in(const std::filesystem::path& folder, bool are_folders);

/// Finds what a path is: sets `path`, and for a list the folder of its images, and returns the data set. Throws Refusal if it is several
/// data sets, or has several lists, or if a list's images can be in several folders.
[[nodiscard]] std::unique_ptr<Split> find_files(Trial& trial, const std::filesystem::path& whole);

}  // namespace leat::guess
