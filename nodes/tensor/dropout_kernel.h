#pragma once

// Dropout of one layer on a GPU, with the bits that `Dropout` documents. NVRTC compiles this file when a run needs it, and the C++ compiler
// compiles it for tests. NVRTC has no headers, so this file includes none.
#ifdef __CUDACC_RTC__
#define LEAT_ON_DEVICE __device__
#else
#define LEAT_ON_DEVICE
#endif

namespace leat {

/// Number of Philox blocks that are computed together, and number of values that they serve.
inline constexpr int dropout_lanes = 16;
inline constexpr int dropout_chunk = 8 * dropout_lanes;

/// Threads of a group (a CUDA block). Each thread computes the eight values of one Philox block.
inline constexpr int dropout_threads = 128;
/// Words of a row's key: two of the key of its layer, then slot, step and occurrence.
inline constexpr int dropout_words = 5;

/// One launch of the kernel.
struct DropoutLaunch {
  const float* in;       ///< Rows of `row_size` values.
  float* out;            ///< As `in`. It does not overlap it.
  const unsigned* keys;  ///< `dropout_words` words of each row.
  long long row_size;
  unsigned groups_per_row;
  unsigned threshold;
  float scale;
};

struct PhiloxWords {
  unsigned word[4];
};

/// Philox 4x32 with ten rounds, as `philox` in leat/random.h.
LEAT_ON_DEVICE inline PhiloxWords philox_words(PhiloxWords counter, unsigned key0, unsigned key1) {
  for (int round = 0; round < 10; ++round) {
    const unsigned long long a = 0xD2511F53ull * counter.word[0], b = 0xCD9E8D57ull * counter.word[2];
    counter = {{static_cast<unsigned>(b >> 32) ^ counter.word[1] ^ key0, static_cast<unsigned>(b),
                static_cast<unsigned>(a >> 32) ^ counter.word[3] ^ key1, static_cast<unsigned>(a)}};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return counter;
}

/// The work of one thread of one group.
LEAT_ON_DEVICE inline void drop_eight_values(const DropoutLaunch& launch, unsigned group, unsigned thread) {
  const unsigned row = group / launch.groups_per_row;
  const unsigned block = group % launch.groups_per_row * dropout_threads + thread;
  const long long first = static_cast<long long>(block / dropout_lanes) * dropout_chunk + block % dropout_lanes;
  const float* in = launch.in + row * launch.row_size;
  float* out = launch.out + row * launch.row_size;
  const unsigned* key = launch.keys + static_cast<long long>(row) * dropout_words;
  // All values are read first, so that their reads wait together, during the rounds.
  float value[8];
  for (int half = 0; half < 8; ++half) {
    const long long element = first + half * dropout_lanes;
    value[half] = element < launch.row_size ? in[element] : 0.0f;
  }
  const PhiloxWords words = philox_words({{block, key[2], key[3], key[4]}}, key[0], key[1]);
  for (int half = 0; half < 8; ++half) {
    const long long element = first + half * dropout_lanes;
    const unsigned bits = words.word[half / 2] >> (half % 2 * 16) & 0xFFFFu;
    if (element < launch.row_size) out[element] = bits >= launch.threshold ? value[half] * launch.scale : 0.0f;
  }
}

}  // namespace leat

#ifdef __CUDACC_RTC__
extern "C" __global__ void __launch_bounds__(leat::dropout_threads) leat_dropout(leat::DropoutLaunch launch) {
  leat::drop_eight_values(launch, blockIdx.x, threadIdx.x);
}
#endif
