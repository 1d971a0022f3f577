#pragma once

#include <functional>
#include <memory>

#include "leat/executor.h"

namespace leat {

/// Returns an executor with the workers of a oneTBB arena, and a flow graph with one node per station. `threads` 0: one per core. `begins`
/// runs on each worker before its first body.
[[nodiscard]] std::unique_ptr<Executor> make_tbb_executor(int threads, std::function<void()> begins = {});

}  // namespace leat
