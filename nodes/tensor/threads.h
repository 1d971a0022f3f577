#pragma once

namespace leat {

/// Sets how many threads LibTorch uses for work of the calling thread. Other threads cannot change this number. [any thread]
void use_threads(int count);
/// Returns this number. [any thread]
[[nodiscard]] int used_threads();

}  // namespace leat
