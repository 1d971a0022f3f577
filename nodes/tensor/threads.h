#pragma once

namespace leat {

/// LibTorch computes on this thread with so many threads from now on, and no other thread changes that. [any thread]
void use_threads(int count);

}  // namespace leat
