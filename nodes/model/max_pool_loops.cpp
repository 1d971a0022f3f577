#include "model/max_pool_loops.h"

// The sanitizers cannot run the code that chooses a clone when the program starts.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define LEAT_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define LEAT_VECTOR_CLONES
#endif

namespace leat {

LEAT_VECTOR_CLONES void pool_row(const float* __restrict upper, const float* __restrict lower, float* __restrict largest,
                                 std::uint8_t* __restrict place, std::int64_t count) {
  for (std::int64_t x = 0; x < count; ++x) {
    float most = upper[2 * x];
    std::uint32_t where = 0;
    const float others[] = {upper[2 * x + 1], lower[2 * x], lower[2 * x + 1]};
    for (std::uint32_t k = 0; k < 3; ++k) {
      const bool takes = others[k] > most || others[k] != others[k];
      most = takes ? others[k] : most;
      where = takes ? k + 1 : where;
    }
    largest[x] = most;
    place[x] = static_cast<std::uint8_t>(where);
  }
}

LEAT_VECTOR_CLONES void unpool_row(const float* __restrict gradient, const std::uint8_t* __restrict place, float* __restrict upper,
                                   float* __restrict lower, std::int64_t count) {
  for (std::int64_t x = 0; x < count; ++x) {
    const float value = gradient[x];
    const std::uint32_t where = place[x];
    upper[2 * x] = where == 0 ? value : 0.0F;
    upper[2 * x + 1] = where == 1 ? value : 0.0F;
    lower[2 * x] = where == 2 ? value : 0.0F;
    lower[2 * x + 1] = where == 3 ? value : 0.0F;
  }
}

}  // namespace leat
