#include "image/enlarge.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define LEAT_HAS_AVX2 1
#endif

namespace leat {
namespace {

/// Both neighbours of an output pixel on one axis. The second is the pixel after the first; at the edges, a neighbour outside has weight 0.
struct Neighbours {
  int first;
  int weights[2];  ///< Their sum is 256.
};

std::vector<Neighbours> neighbours_of(int source, int target) {
  const double scale = 1.0 / (static_cast<double>(target) / source);
  std::vector<Neighbours> out(static_cast<std::size_t>(target));
  for (int at = 0; at < target; ++at) {
    const double place = scale * (at + 0.5) - 0.5;
    const int first = static_cast<int>(std::floor(place));
    Neighbours& one = out[static_cast<std::size_t>(at)];
    if (first < 0 || source == 1) {
      one = {0, {256, 0}};
    } else if (first >= source - 1) {
      one = {std::max(0, source - 2), {source > 1 ? 0 : 256, source > 1 ? 256 : 0}};
    } else {
      // Half-way weights go to the even number, as cvRound's do.
      const int second = static_cast<int>(std::nearbyint((place - first) * 256));
      one = {first, {256 - second, second}};
    }
  }
  return out;
}

/// Mixes two rows: 256 times the values between them.
__attribute__((target_clones("arch=x86-64-v3", "default"))) void mix(const std::uint8_t* above, const std::uint8_t* below, int weight_above,
                                                                     int weight_below, std::uint16_t* to, int count) {
  const auto first = static_cast<std::uint16_t>(weight_above), second = static_cast<std::uint16_t>(weight_below);
  for (int x = 0; x < count; ++x) to[x] = static_cast<std::uint16_t>(above[x] * first + below[x] * second);
}

std::uint8_t mixed(const std::uint16_t* row, const Neighbours& one) {
  const std::uint32_t sum = std::uint32_t{row[one.first]} * static_cast<std::uint32_t>(one.weights[0]) +
                            std::uint32_t{row[one.first + 1]} * static_cast<std::uint32_t>(one.weights[1]);
  return static_cast<std::uint8_t>((sum + 0x8000U) >> 16);
}

/// The columns of the output, also prepared for eight at a time.
class Columns {
 public:
  Columns(int source, int target) : all_(neighbours_of(source, target)) {
    for (int x = 0; x + 8 <= target; x += 8) {
      Eight eight;
      for (int half = 0; half < 2; ++half) {
        const Neighbours* four = &all_[static_cast<std::size_t>(x + 4 * half)];
        eight.first[half] = four[0].first;
        for (int k = 0; k < 4; ++k) {
          const int lane = 4 * half + k, byte = 2 * (four[k].first - four[0].first);
          for (int b = 0; b < 4; ++b) eight.bytes[static_cast<std::size_t>(4 * lane + b)] = static_cast<std::uint8_t>(byte + b);
          eight.weights[0][static_cast<std::size_t>(lane)] = static_cast<std::uint32_t>(four[k].weights[0]);
          eight.weights[1][static_cast<std::size_t>(lane)] = static_cast<std::uint32_t>(four[k].weights[1]);
        }
      }
      eights_.push_back(eight);
    }
  }

  /// Writes a row. Eight values behind the end of `row` can be read.
  void write(const std::uint16_t* row, std::uint8_t* to) const {
    std::size_t done = 0;
#ifdef LEAT_HAS_AVX2
    static const bool has_avx2 = __builtin_cpu_supports("avx2");
    if (has_avx2) done = write_eights(row, to);
#endif
    for (std::size_t x = done; x < all_.size(); ++x) to[x] = mixed(row, all_[x]);
  }

 private:
  /// Eight output pixels. Four of them have their neighbours in five consecutive values, because the image is enlarged.
  struct Eight {
    std::array<int, 2> first;  ///< Of each half.
    std::array<std::uint8_t, 32> bytes;
    std::array<std::array<std::uint32_t, 8>, 2> weights;
  };

#ifdef LEAT_HAS_AVX2
  __attribute__((target("avx2"))) std::size_t write_eights(const std::uint16_t* row, std::uint8_t* to) const {
    const __m256i half = _mm256_set1_epi32(0x8000), low = _mm256_set1_epi32(0xffff);
    for (const Eight& one : eights_) {
      const __m128i left = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row + one.first[0]));
      const __m128i right = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row + one.first[1]));
      const __m256i pairs = _mm256_shuffle_epi8(_mm256_inserti128_si256(_mm256_castsi128_si256(left), right, 1),
                                                _mm256_loadu_si256(reinterpret_cast<const __m256i*>(one.bytes.data())));
      const __m256i first =
          _mm256_mullo_epi32(_mm256_and_si256(pairs, low), _mm256_loadu_si256(reinterpret_cast<const __m256i*>(one.weights[0].data())));
      const __m256i second =
          _mm256_mullo_epi32(_mm256_srli_epi32(pairs, 16), _mm256_loadu_si256(reinterpret_cast<const __m256i*>(one.weights[1].data())));
      const __m256i sum = _mm256_srli_epi32(_mm256_add_epi32(_mm256_add_epi32(first, second), half), 16);
      const __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
      _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packus_epi16(words, words));
      to += 8;
    }
    return 8 * eights_.size();
  }
#endif

  std::vector<Neighbours> all_;
  std::vector<Eight> eights_;
};

}  // namespace

cv::Mat enlarge(const cv::Mat& gray, cv::Size size) {
  cv::Mat out(size, CV_8U);
  const std::vector<Neighbours> rows = neighbours_of(gray.rows, size.height);
  const Columns columns(gray.cols, size.width);
  std::vector<std::uint16_t> mixed_rows(static_cast<std::size_t>(gray.cols) + 8);
  for (int y = 0; y < size.height; ++y) {
    const Neighbours& one = rows[static_cast<std::size_t>(y)];
    const std::uint8_t *above = gray.ptr(one.first), *below = gray.ptr(std::min(one.first + 1, gray.rows - 1));
    mix(above, below, one.weights[0], one.weights[1], mixed_rows.data(), gray.cols);
    columns.write(mixed_rows.data(), out.ptr(y));
  }
  return out;
}

}  // namespace leat
