#pragma once

#include <functional>
#include <memory>

#include "leat/executor.h"

namespace leat {

/// Workers of a oneTBB arena and a flow graph with a node a station. Zero threads: as many as there are cores. `begins` runs on each
/// worker before its first body.
[[nodiscard]] std::unique_ptr<Executor> make_tbb_executor(int threads, std::function<void()> begins = {});

}  // namespace leat
