#pragma once

#include <cstdint>

namespace leat::bench {

/// The same topologies as a user of oneTBB writes them: messages are `shared_ptr`s of immutable values, joins match keys, and at most
/// `in_flight` keys are in the graph at once. `rows` is the size of a step. Returns the sum of what came out.
std::int64_t tbb_chain(int threads, std::int64_t keys, int in_flight, int length);
std::int64_t tbb_diamond(int threads, std::int64_t keys, int in_flight);
std::int64_t tbb_gather(int threads, std::int64_t keys, int in_flight, int rows);

}  // namespace leat::bench
