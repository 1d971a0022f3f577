#include "leat/random.h"

#include "leat/check.h"

namespace leat {

namespace {

std::uint64_t mixed(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xBF58476D1CE4E5B9u;
  x ^= x >> 27;
  x *= 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

void add(std::uint64_t& hash, std::string_view text) {
  for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001B3u;
  hash = (hash ^ 0xFFu) * 0x100000001B3u;  // Separates texts: ("ab", "c") and ("a", "bc") differ.
}

}  // namespace

std::array<std::uint32_t, 2> RandomKey::of(std::uint64_t seed, std::string_view phase, std::string_view node) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  add(hash, phase);
  add(hash, node);
  hash = mixed(hash ^ mixed(seed + 0x9E3779B97F4A7C15u));
  return {static_cast<std::uint32_t>(hash), static_cast<std::uint32_t>(hash >> 32)};
}

Permutation::Permutation(RandomKey key, std::int64_t count) : key_(key), count_(static_cast<std::uint64_t>(count)), half_bits_(1) {
  LEAT_CHECK(count > 0);
  while ((std::uint64_t{1} << (2 * half_bits_)) < count_) ++half_bits_;
}

std::int64_t Permutation::operator()(std::int64_t place) const {
  const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
  auto at = static_cast<std::uint64_t>(place);
  do {
    std::uint64_t left = at >> half_bits_;
    std::uint64_t right = at & mask;
    for (std::uint32_t round = 0; round < 4; ++round) {
      const auto drawn =
          philox({static_cast<std::uint32_t>(right), round, key_.step, key_.occurrence}, {key_.key[0] ^ key_.slot, key_.key[1]});
      const std::uint64_t next = left ^ (drawn[0] & mask);
      left = right;
      right = next;
    }
    at = left << half_bits_ | right;
  } while (at >= count_);
  return static_cast<std::int64_t>(at);
}

}  // namespace leat
