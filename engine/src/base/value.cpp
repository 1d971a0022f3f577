#include "leat/value.h"

#include <cstring>
#include <functional>
#include <numeric>

namespace leat {

std::uint64_t hash_bytes(const void* data, std::size_t count, std::uint64_t seed) {
  // Four lanes of multiply and rotate, then a finaliser: fast enough for every edge of a run, but not cryptographic.
  constexpr std::uint64_t prime_a = 0x9E3779B185EBCA87u, prime_b = 0xC2B2AE3D27D4EB4Fu;
  const auto* at = static_cast<const unsigned char*>(data);
  const auto rotate = [](std::uint64_t x, int by) { return x << by | x >> (64 - by); };
  std::uint64_t lanes[4] = {seed + prime_a, seed ^ prime_b, seed, seed - prime_a};
  std::size_t left = count;
  for (; left >= 32; left -= 32, at += 32) {
    std::uint64_t words[4];
    std::memcpy(words, at, 32);
    for (int lane = 0; lane < 4; ++lane) lanes[lane] = rotate(lanes[lane] + words[lane] * prime_b, 31) * prime_a;
  }
  std::uint64_t hash = rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) + rotate(lanes[3], 18) + count;
  for (; left > 0; --left, ++at) hash = rotate(hash ^ (*at * prime_a), 11) * prime_b;
  hash ^= hash >> 33;
  hash *= prime_b;
  hash ^= hash >> 29;
  hash *= prime_a;
  return hash ^ hash >> 32;
}

std::vector<int> Reorder::from() const {
  std::vector<int> out(static_cast<std::size_t>(count), -1);
  for (std::size_t k = 0; k < to.size(); ++k) out[static_cast<std::size_t>(to[k])] = static_cast<int>(k);
  return out;
}

std::int64_t Numbers::count() const { return std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>()); }

std::string hash_text(std::uint64_t hash) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

}  // namespace leat
