#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>

#include "tensor/dropout.h"
#include "tensor/threads.h"

#include "support/doctest.h"

using namespace leat;

namespace {

Dropout dropout_of(std::vector<std::uint32_t> slots, double share = 0.25) {
  Dropout out{share, {}};
  for (const std::uint32_t slot : slots) out.rows.push_back({{11, 22}, 1, 5, slot});
  return out;
}

at::Tensor apply_dropout(const at::Tensor& x, const Dropout& dropout, std::uint32_t layer) {
  return DropoutLayers(dropout, layer, {x[0].numel()}, at::kCPU).apply(x, 0);
}

}  // namespace

TEST_CASE("dropout: the loops of the CPU lose the values that the integer tensor operations lose, at any length") {
  for (const std::int64_t length : {1, 15, 16, 127, 128, 129, 1000}) {
    INFO(length);
    const Dropout dropout = dropout_of({0, 4, 7}, 0.4);
    const at::Tensor out = apply_dropout(at::ones({3, length}), dropout, 2);
    CHECK(at::equal(out.ne(0), dropout_masks(dropout, 2, {length}, at::kCPU)[0]));
  }
}

TEST_CASE("dropout: layers drawn together lose what each loses by itself") {
  const Dropout dropout = dropout_of({0, 4, 7});
  const std::vector<std::int64_t> counts{300, 128, 7};
  const std::vector<at::Tensor> together = dropout_masks(dropout, 5, counts, at::kCPU);
  REQUIRE(together.size() == counts.size());
  for (std::size_t k = 0; k < counts.size(); ++k)
    CHECK(at::equal(together[k], dropout_masks(dropout, 5 + static_cast<std::uint32_t>(k), {counts[k]}, at::kCPU)[0]));
}

TEST_CASE("dropout: a value is taken from the half of the block that is documented") {
  const Dropout dropout = dropout_of({3}, 0.5);
  const at::Tensor stays = dropout_masks(dropout, 6, {300}, at::kCPU)[0];
  RandomKey key = dropout.rows[0];
  const auto mixed = philox({6, 0x64726F70u, 0xFFFFFFFFu, 0xFFFFFFFFu}, key.key);
  for (std::uint32_t e = 0; e < 300; ++e) {
    const auto block = philox({16 * (e / 128) + e % 16, key.slot, key.step, key.occurrence}, {mixed[0], mixed[1]});
    const std::uint32_t half = (e / 16) % 8;
    REQUIRE(stays[0][static_cast<std::int64_t>(e)].item<bool>() == ((block[half / 2] >> (half % 2 * 16) & 0xFFFF) >= 32768));
  }
}

TEST_CASE("dropout: a row loses the same values in any batch and with any number of threads") {
  const at::Tensor x = at::ones({4, 3, 100, 70});
  use_threads(1);
  const at::Tensor all = apply_dropout(x, dropout_of({0, 1, 2, 3}), 0);
  const at::Tensor two = apply_dropout(x.slice(0, 0, 2), dropout_of({2, 0}), 0);
  CHECK(at::equal(all[2], two[0]));
  CHECK(at::equal(all[0], two[1]));
  CHECK_FALSE(at::equal(all[0], all[1]));
  use_threads(2);
  CHECK(at::equal(all, apply_dropout(x, dropout_of({0, 1, 2, 3}), 0)));
  CHECK_FALSE(at::equal(all, apply_dropout(x, dropout_of({0, 1, 2, 3}), 1)));
}

TEST_CASE("dropout: the stated share is lost and the mean stays") {
  const at::Tensor out = apply_dropout(at::ones({8, 100'000}), dropout_of({0, 1, 2, 3, 4, 5, 6, 7}, 0.1), 0);
  CHECK(out.eq(0).to(at::kFloat).mean().item<double>() == doctest::Approx(0.1).epsilon(0.01));
  CHECK(out.mean().item<double>() == doctest::Approx(1).epsilon(0.002));
}

TEST_CASE("dropout: gradients are lost where values are") {
  const at::Tensor x = at::full({2, 500}, 3.0f).requires_grad_(true);
  const at::Tensor out = apply_dropout(x, dropout_of({0, 1}), 0);
  out.backward(at::full({2, 500}, 3.0f));
  CHECK(at::equal(x.grad(), out.detach()));
}

TEST_CASE("dropout: without keys or share the tensor passes as it is") {
  const at::Tensor x = at::ones({2, 3});
  CHECK(apply_dropout(x, {}, 0).is_same(x));
  CHECK(apply_dropout(x, dropout_of({0, 1}, 0), 0).is_same(x));
}
