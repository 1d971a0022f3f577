#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace leat {

/// Philox 4x32 with ten rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
[[nodiscard]] inline std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53u} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57u} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return counter;
}

/// Identity of a random stream. The key is a hash of (run seed, phase, node). The counter is (occurrence, step, slot, draw).
struct RandomKey {
  std::array<std::uint32_t, 2> key{};
  std::uint32_t occurrence = 0;
  std::uint32_t step = 0;
  std::uint32_t slot = 0;

  /// Returns a stable 64-bit hash (FNV-1a, then a finaliser) of a run's seed and names, for `key`.
  [[nodiscard]] static std::array<std::uint32_t, 2> of(std::uint64_t seed, std::string_view phase, std::string_view node);
};

/// A stream of random numbers that depends on its key only. Copies draw the same numbers. [worker]
class Random {
 public:
  explicit Random(RandomKey key) : key_(key) {}

  std::uint32_t bits() {
    if (at_ == 4) {
      block_ = philox({draw_++, key_.slot, key_.step, key_.occurrence}, key_.key);
      at_ = 0;
    }
    return block_[at_++];
  }
  /// Returns a number in [0, 1), a multiple of 2^-32.
  double uniform() { return bits() * 0x1p-32; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Returns a whole number in [0, count).
  std::int64_t below(std::int64_t count) {
    const std::uint64_t wide = std::uint64_t{bits()} << 32 | bits();
    return static_cast<std::int64_t>((static_cast<unsigned __int128>(wide) * static_cast<std::uint64_t>(count)) >> 64);
  }
  /// Returns a whole number in [low, high].
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + below(high - low + 1); }
  bool chance(double probability) { return uniform() < probability; }
  /// Returns a normally distributed number with mean 0 and standard deviation 1 (Box and Muller).
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }
  [[nodiscard]] const RandomKey& key() const { return key_; }

 private:
  RandomKey key_;
  std::uint32_t draw_ = 0;
  int at_ = 4;
  std::array<std::uint32_t, 4> block_{};
};

/// The permutation of 0..count-1 that belongs to a key. Each element is computed on demand (a cycle-walking Feistel network), not stored.
class Permutation {
 public:
  Permutation(RandomKey key, std::int64_t count);
  [[nodiscard]] std::int64_t operator()(std::int64_t place) const;

 private:
  RandomKey key_;
  std::uint64_t count_;
  int half_bits_;
};

}  // namespace leat
