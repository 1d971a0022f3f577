#pragma once

namespace leat {

/// Ends the process with a message. For faults of Leat's own, which no graph file can cause. [any thread]
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace leat

#define LEAT_CHECK(condition) ((condition) ? void(0) : ::leat::check_failed(#condition, __FILE__, __LINE__))
