#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "leat/program.h"
#include "leat/run.h"
#include "support/temporary_folder.h"

// The language of the engine's tests.
namespace leat {

/// A registry with the toys.
[[nodiscard]] Registry toy_registry();
/// The program of a text called g.yaml; throws GraphError.
[[nodiscard]] Program build(const Registry& registry, std::string_view yaml, std::uint64_t seed = 0);
/// All mistakes of a text, as printed; empty when there are none.
[[nodiscard]] std::string mistakes(const Registry& registry, std::string_view yaml);
/// Runs a text with so many threads (oneTBB) and a plain thread as its lane.
RunResult run_graph(const Registry& registry, std::string_view yaml, int threads = 2, RunOptions options = {}, std::uint64_t seed = 0);

/// A pool of plain threads: the second Executor, on which sanitizers that do not know oneTBB see everything.
[[nodiscard]] std::unique_ptr<Executor> make_plain_executor(int threads);
/// The executor that tests use: oneTBB's, or plain threads where LEAT_PLAIN_EXECUTOR is set.
[[nodiscard]] std::unique_ptr<Executor> make_test_executor(int threads);

}  // namespace leat
