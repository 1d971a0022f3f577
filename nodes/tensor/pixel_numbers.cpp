#include "tensor/pixel_numbers.h"

#include <cmath>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#define LEAT_HAS_FMA 1
#define LEAT_INLINE [[gnu::always_inline]] inline
#else
#define LEAT_INLINE inline
#endif

namespace leat {
namespace {

/// Divides twice without a division: a product with the reciprocal, whose error is computed exactly and added (Markstein 1990).
LEAT_INLINE void divide(const std::uint8_t* __restrict from, float* __restrict to, std::int64_t count, float mean, float deviation) {
  const float white = 255, of_white = 1.0f / 255, of_deviation = 1.0f / deviation;
  for (std::int64_t k = 0; k < count; ++k) {
    const float value = static_cast<float>(from[k]);
    const float share = value * of_white;
    const float centred = std::fma(std::fma(-share, white, value), of_white, share) - mean;
    const float scaled = centred * of_deviation;
    to[k] = std::fma(std::fma(-scaled, deviation, centred), of_deviation, scaled);
  }
}

#ifdef LEAT_HAS_FMA
__attribute__((target("avx512f,avx512bw,avx512vl,fma"))) void divide_16(const std::uint8_t* from, float* to, std::int64_t count, float mean,
                                                                        float deviation) {
  divide(from, to, count, mean, deviation);
}
__attribute__((target("avx2,fma"))) void divide_8(const std::uint8_t* from, float* to, std::int64_t count, float mean, float deviation) {
  divide(from, to, count, mean, deviation);
}
#endif

/// Returns the function for this processor; null if it has no fused multiply-add.
PixelNumbers::Compute chosen() {
#ifdef LEAT_HAS_FMA
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) return divide_16;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return divide_8;
#endif
  return nullptr;
}

}  // namespace

PixelNumbers::PixelNumbers(float mean, float deviation) : mean_(mean), deviation_(deviation) {
  std::array<std::uint8_t, 256> values;
  for (int value = 0; value < 256; ++value) {
    values[static_cast<std::size_t>(value)] = static_cast<std::uint8_t>(value);
    // Volatile, so that no two operations become one.
    volatile float number = static_cast<float>(value) / 255;
    number = number - mean;
    table_[static_cast<std::size_t>(value)] = number / deviation;
  }
  static const Compute fastest = chosen();
  if (!fastest) return;
  std::array<float, 256> computed;
  fastest(values.data(), computed.data(), 256, mean, deviation);
  if (std::memcmp(computed.data(), table_.data(), sizeof table_) == 0) compute_ = fastest;
}

void PixelNumbers::write(const std::uint8_t* from, float* to, std::int64_t count) const {
  if (compute_) return compute_(from, to, count, mean_, deviation_);
  for (std::int64_t k = 0; k < count; ++k) to[k] = table_[from[k]];
}

void PixelNumbers::write(const std::uint16_t* from, float* to, std::int64_t count) const {
  for (std::int64_t k = 0; k < count; ++k) to[k] = (static_cast<float>(from[k]) / 65535 - mean_) / deviation_;
}

void PixelNumbers::write(const float* from, float* to, std::int64_t count) const {
  for (std::int64_t k = 0; k < count; ++k) to[k] = (from[k] - mean_) / deviation_;
}

}  // namespace leat
