#include "image/byte_rows.h"

#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define LEAT_HAS_VBMI 1
#endif

namespace leat {
namespace {

void look_up_each(const std::uint8_t* from, const GrayTable& table, std::uint8_t* to, int count) {
  for (int x = 0; x < count; ++x) to[x] = table[from[x]];
}

#ifdef LEAT_HAS_VBMI
/// Looks up 64 bytes at a time: two instructions choose among 128 values each, and the upper bit of a byte chooses between them.
__attribute__((target("avx512f,avx512bw,avx512vbmi"))) void look_up_64(const std::uint8_t* from, const GrayTable& table, std::uint8_t* to,
                                                                       int count) {
  const __m512i first = _mm512_loadu_si512(table.data()), second = _mm512_loadu_si512(table.data() + 64);
  const __m512i third = _mm512_loadu_si512(table.data() + 128), fourth = _mm512_loadu_si512(table.data() + 192);
  for (int x = 0; x < count; x += 64) {
    const __mmask64 some = count - x >= 64 ? ~__mmask64{0} : (__mmask64{1} << (count - x)) - 1;
    const __m512i bytes = _mm512_maskz_loadu_epi8(some, from + x);
    const __m512i low = _mm512_permutex2var_epi8(first, bytes, second), high = _mm512_permutex2var_epi8(third, bytes, fourth);
    _mm512_mask_storeu_epi8(to + x, some, _mm512_mask_blend_epi8(_mm512_movepi8_mask(bytes), low, high));
  }
}
#endif

using LookUp = void (*)(const std::uint8_t*, const GrayTable&, std::uint8_t*, int);

LookUp chosen_look_up() {
#ifdef LEAT_HAS_VBMI
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi")) return look_up_64;
#endif
  return look_up_each;
}

}  // namespace

void look_up(const std::uint8_t* from, const GrayTable& table, std::uint8_t* to, int count) {
  static const LookUp chosen = chosen_look_up();
  chosen(from, table, to, count);
}

void reverse(const std::uint8_t* end, std::uint8_t* to, int count) {
  int x = 0;
  for (; x + 8 <= count; x += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, end - x - 8, 8);
    eight = __builtin_bswap64(eight);
    std::memcpy(to + x, &eight, 8);
  }
  for (; x < count; ++x) to[x] = end[-1 - x];
}

}  // namespace leat
