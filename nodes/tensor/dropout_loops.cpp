#include "tensor/dropout_loops.h"

#include <bit>
#include <cmath>

// The sanitizers cannot run the code that chooses a clone when the program starts.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define LEAT_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define LEAT_VECTOR_CLONES
#endif

namespace leat {

namespace {

/// Returns the value or 0. It has no branch, because no processor could predict it.
inline float kept(float value, bool stay) { return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) & (0u - std::uint32_t{stay})); }

}  // namespace

DropoutRule dropout_rule(double share) {
  const long threshold = std::lround(share * 65536);
  return {static_cast<std::uint32_t>(threshold), static_cast<float>(65536.0 / static_cast<double>(65536 - threshold))};
}

RandomKey dropout_key(RandomKey row, std::uint32_t layer) {
  const auto mixed = philox({layer, 0x64726F70u, 0xFFFFFFFFu, 0xFFFFFFFFu}, row.key);
  row.key = {mixed[0], mixed[1]};
  return row;
}

LEAT_VECTOR_CLONES void draw_dropout_halves(const RandomKey& key, std::uint32_t chunk, std::uint16_t* halves) {
  std::uint32_t word[4][dropout_lanes];
  for (int lane = 0; lane < dropout_lanes; ++lane) {
    word[0][lane] = chunk * dropout_lanes + static_cast<std::uint32_t>(lane);
    word[1][lane] = key.slot;
    word[2][lane] = key.step;
    word[3][lane] = key.occurrence;
  }
  std::uint32_t key0 = key.key[0], key1 = key.key[1];
  for (int round = 0; round < 10; ++round) {
    for (int lane = 0; lane < dropout_lanes; ++lane) {
      const std::uint64_t a = std::uint64_t{0xD2511F53u} * word[0][lane];
      const std::uint64_t b = std::uint64_t{0xCD9E8D57u} * word[2][lane];
      word[0][lane] = static_cast<std::uint32_t>(b >> 32) ^ word[1][lane] ^ key0;
      word[2][lane] = static_cast<std::uint32_t>(a >> 32) ^ word[3][lane] ^ key1;
      word[1][lane] = static_cast<std::uint32_t>(b);
      word[3][lane] = static_cast<std::uint32_t>(a);
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  for (int w = 0; w < 4; ++w) {
    for (int lane = 0; lane < dropout_lanes; ++lane) {
      halves[(2 * w) * dropout_lanes + lane] = static_cast<std::uint16_t>(word[w][lane]);
      halves[(2 * w + 1) * dropout_lanes + lane] = static_cast<std::uint16_t>(word[w][lane] >> 16);
    }
  }
}

LEAT_VECTOR_CLONES void lose(const float* in, float* out, bool* stays, const std::uint16_t* halves, DropoutRule rule, std::int64_t count) {
  for (std::int64_t k = 0; k < count; ++k) {
    const bool stay = halves[k] >= rule.threshold;
    stays[k] = stay;
    out[k] = kept(in[k] * rule.scale, stay);
  }
}

LEAT_VECTOR_CLONES void lose_again(const float* in, float* out, const bool* stays, float scale, std::int64_t count) {
  for (std::int64_t k = 0; k < count; ++k) out[k] = kept(in[k] * scale, stays[k]);
}

}  // namespace leat
