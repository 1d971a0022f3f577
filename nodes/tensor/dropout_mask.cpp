#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <array>

#include "tensor/dropout.h"
#include "tensor/dropout_loops.h"

namespace leat {
namespace {

constexpr std::int64_t word_mask = 0xFFFFFFFF;

/// The high and low words of a 32 x 32 bit product, in integers of 64 bits without overflow.
std::array<at::Tensor, 2> product(const at::Tensor& a, std::int64_t b) {
  const at::Tensor low = a.mul(b & 0xFFFF), high = a.mul(b >> 16);
  return {high.add(low.bitwise_right_shift(16)).bitwise_right_shift(16),
          high.bitwise_and(0xFFFF).bitwise_left_shift(16).add(low).bitwise_and(word_mask)};
}

}  // namespace

at::Tensor dropout_mask(const Dropout& dropout, std::uint32_t layer, std::int64_t count, at::Device device) {
  const std::int64_t rows = static_cast<std::int64_t>(dropout.rows.size());
  const std::int64_t chunks = (count + dropout_chunk - 1) / dropout_chunk;
  at::Tensor words = at::empty({5, rows, 1}, at::kLong);
  std::int64_t* to = words.mutable_data_ptr<std::int64_t>();
  for (std::int64_t row = 0; row < rows; ++row) {
    const RandomKey key = dropout_key(dropout.rows[static_cast<std::size_t>(row)], layer);
    const std::uint32_t parts[5] = {key.slot, key.step, key.occurrence, key.key[0], key.key[1]};
    for (int part = 0; part < 5; ++part) to[part * rows + row] = parts[part];
  }
  words = words.to(device);
  std::array<at::Tensor, 4> counter{at::arange(chunks * dropout_lanes, words.options()).view({1, -1}), words[0], words[1], words[2]};
  at::Tensor key0 = words[3], key1 = words[4];
  for (int round = 0; round < 10; ++round) {
    const auto a = product(counter[0], 0xD2511F53), b = product(counter[2], 0xCD9E8D57);
    counter = {b[0].bitwise_xor(counter[1]).bitwise_xor(key0), b[1], a[0].bitwise_xor(counter[3]).bitwise_xor(key1), a[1]};
    key0 = key0.add(0x9E3779B9).bitwise_and(word_mask);
    key1 = key1.add(0xBB67AE85).bitwise_and(word_mask);
  }
  std::vector<at::Tensor> halves;
  for (const at::Tensor& word : counter) {
    const at::Tensor full = word.expand({rows, chunks * dropout_lanes}).view({rows, chunks, dropout_lanes});
    halves.push_back(full.bitwise_and(0xFFFF));
    halves.push_back(full.bitwise_right_shift(16));
  }
  const at::Tensor ordered = at::stack(halves, 2).view({rows, chunks * dropout_chunk}).narrow(1, 0, count);
  return ordered.ge(static_cast<std::int64_t>(dropout_rule(dropout.share).threshold));
}

}  // namespace leat
