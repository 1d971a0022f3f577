#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "leat/program.h"
#include "leat/run.h"
#include "support/temporary_folder.h"

// The vocabulary of the engine's tests.
namespace leat {

/// Returns a registry with the toy types.
[[nodiscard]] Registry toy_registry();
/// Builds the program of a text called g.yaml. Throws GraphError.
[[nodiscard]] Program build(const Registry& registry, std::string_view yaml, std::uint64_t seed = 0);
/// Returns all mistakes of a text as printed; an empty string if there are none.
[[nodiscard]] std::string mistakes(const Registry& registry, std::string_view yaml);
/// Runs a text with `threads` workers of the tests' executor, and a plain thread as its lane.
RunResult run_graph(const Registry& registry, std::string_view yaml, int threads = 2, RunOptions options = {}, std::uint64_t seed = 0);

/// Returns a pool of plain threads: a second Executor, for sanitizers that do not know oneTBB.
[[nodiscard]] std::unique_ptr<Executor> make_plain_executor(int threads);
/// Returns the executor of tests: oneTBB's, or plain threads if LEAT_PLAIN_EXECUTOR is set.
[[nodiscard]] std::unique_ptr<Executor> make_test_executor(int threads);

}  // namespace leat
