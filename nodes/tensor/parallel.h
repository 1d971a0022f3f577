#pragma once

#include <cstdint>
#include <functional>

namespace leat {

/// Calls work(begin, end) for ranges that together are 0..count, on as many threads as LibTorch uses for the calling thread. A range has at
/// least `least` items, unless it is the only one. LibTorch uses one thread for its own work in a range. Waits for all ranges, then throws
/// the first exception of one.
void in_parallel(std::int64_t count, std::int64_t least, const std::function<void(std::int64_t, std::int64_t)>& work);

}  // namespace leat
