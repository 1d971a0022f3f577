#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace leat::cli {

constexpr int most_local_ranks = 256;

/// Returns the words of this process's command line without the option `--ranks` and its value.
[[nodiscard]] std::vector<std::string> words_without_ranks();
/// Starts this program `count` times on this machine, with the words and the variables that torchrun sets, and waits until all have ended.
/// Passes on signals, and the lines of all ranks but the first, marked with their number. If a rank fails, the others have `longest_end` to
/// end, and at least 10 s: a rank that is silent for that long counts as lost. Returns the highest exit code of the ranks. Call it before
/// any other thread exists.
[[nodiscard]] int launch_ranks(int count, const std::vector<std::string>& words, std::chrono::seconds longest_end);

}  // namespace leat::cli
