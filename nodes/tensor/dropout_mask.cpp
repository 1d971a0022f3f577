#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>

#include "tensor/dropout.h"
#include "tensor/dropout_loops.h"
#include "tensor/to_device.h"

// Philox 4x32-10 (Salmon et al., SC 2011) in tensors of 64-bit integers that hold words of 32 bits. The owner of a word is the row of the
// layer whose mask it belongs to. A table has the key and the counter of each owner.
namespace leat {
namespace {

constexpr std::int64_t word_mask = 0xFFFFFFFF;
constexpr int rounds = 10;

std::int64_t chunks_of(std::int64_t count) { return (count + dropout_chunk - 1) / dropout_chunk; }

/// Returns one column per row of each layer: two words of the key for each round, then words 1, 2 and 3 of the counter.
at::Tensor key_table(const Dropout& dropout, std::uint32_t first, std::size_t layers) {
  const std::int64_t rows = static_cast<std::int64_t>(dropout.rows.size()), columns = static_cast<std::int64_t>(layers) * rows;
  at::Tensor table = at::empty({2 * rounds + 3, columns}, at::kLong);
  std::int64_t* to = table.mutable_data_ptr<std::int64_t>();
  for (std::int64_t column = 0; column < columns; ++column, ++to) {
    const RandomKey& row = dropout.rows[static_cast<std::size_t>(column % rows)];
    RandomKey key = dropout_key(row, first + static_cast<std::uint32_t>(column / rows));
    for (int round = 0; round < rounds; ++round, key.key[0] += 0x9E3779B9, key.key[1] += 0xBB67AE85) {
      to[2 * round * columns] = key.key[0];
      to[(2 * round + 1) * columns] = key.key[1];
    }
    const std::uint32_t counter[3] = {key.slot, key.step, key.occurrence};
    for (int word = 0; word < 3; ++word) to[(2 * rounds + word) * columns] = counter[word];
  }
  return table;
}

/// Returns the four words of Philox at each position, 4 x positions.
at::Tensor philox_words(const at::Tensor& position, const at::Tensor& owner, const at::Tensor& table) {
  const at::Tensor counter = table.narrow(0, 2 * rounds, 3).index_select(1, owner);
  at::Tensor even = at::stack({position, counter[1]}), odd = at::stack({counter[0], counter[2]});  // words 0 and 2, 1 and 3
  const at::Tensor multiplier =
      at::cat({at::full({1, 1}, 0xD2511F53, position.options()), at::full({1, 1}, 0xCD9E8D57, position.options())});
  for (int round = 0; round < rounds; ++round) {
    // A product can exceed 63 bits and be negative. Its two words are right nevertheless.
    const at::Tensor product = even.mul(multiplier).flip({0});
    const at::Tensor key = table.narrow(0, 2 * round, 2).index_select(1, owner);
    even = product.bitwise_right_shift(32).bitwise_and(word_mask).bitwise_xor(odd).bitwise_xor(key);
    odd = product.bitwise_and(word_mask);
  }
  return at::stack({even, odd}, 1).view({4, -1});
}

}  // namespace

std::vector<at::Tensor> dropout_masks(const Dropout& dropout, std::uint32_t first, const std::vector<std::int64_t>& counts,
                                      at::Device device) {
  const std::int64_t rows = static_cast<std::int64_t>(dropout.rows.size());
  const at::Tensor table = to_device(key_table(dropout, first, counts.size()), device);
  std::vector<at::Tensor> positions, owners;
  for (std::size_t layer = 0; layer < counts.size(); ++layer) {
    const std::int64_t blocks = chunks_of(counts[layer]) * dropout_lanes, column = static_cast<std::int64_t>(layer) * rows;
    positions.push_back(at::arange(blocks, table.options()).repeat({rows}));
    owners.push_back(at::arange(column, column + rows, table.options()).view({rows, 1}).expand({rows, blocks}).reshape({-1}));
  }
  const at::Tensor words = philox_words(at::cat(positions), at::cat(owners), table);
  const at::Tensor halves = at::stack({words.bitwise_and(0xFFFF), words.bitwise_right_shift(16)}, 1).view({8, -1});
  const at::Tensor stays = halves.ge(static_cast<std::int64_t>(dropout_rule(dropout.share).threshold));
  std::vector<at::Tensor> masks;
  std::int64_t begin = 0;
  for (std::size_t layer = 0; layer < counts.size(); ++layer) {
    const std::int64_t chunks = chunks_of(counts[layer]), length = rows * chunks * dropout_lanes;
    const at::Tensor ordered = stays.narrow(1, begin, length).view({8, rows, chunks, dropout_lanes}).permute({1, 2, 0, 3});
    masks.push_back(ordered.reshape({rows, chunks * dropout_chunk}).narrow(1, 0, counts[layer]));
    begin += length;
  }
  return masks;
}

}  // namespace leat
