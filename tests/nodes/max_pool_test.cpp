#include "model/max_pool.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <limits>
#include <vector>

#include "support/doctest.h"

using namespace leat;

namespace {

/// Returns the values, and the gradient of their sum with these weights.
template <class Pool>
std::vector<at::Tensor> both(const at::Tensor& x, const at::Tensor& weights, Pool pool) {
  const at::Tensor leaf = x.detach().requires_grad_(true);
  const at::Tensor out = pool(leaf);
  return {out.detach(), torch::autograd::grad({out.mul(weights).sum()}, {leaf})[0]};
}

void check_equal(const at::Tensor& x) {
  CAPTURE(x.sizes());
  const at::Tensor weights = at::randn({x.size(0), x.size(1), x.size(2) / 2, x.size(3) / 2});
  const auto ours = both(x, weights, max_pool), theirs = both(x, weights, [](const at::Tensor&in) { return at::max_pool2d(in, {2, 2}); });
  for (std::size_t k = 0; k < 2; ++k) {
    CHECK(ours[k].sizes() == theirs[k].sizes());
    CHECK(at::equal(ours[k].nan_to_num(12345), theirs[k].nan_to_num(12345)));
  }
}

}  // namespace

TEST_CASE("max pool: values and gradients have the bits of LibTorch's, also of odd sizes, equal values and NaN") {
  for (const auto& sizes : std::vector<std::vector<std::int64_t>>{
           {2, 3, 8, 8}, {1, 1, 2, 2}, {3, 5, 7, 9}, {1, 2, 64, 34}, {10, 16, 64, 64}, {1, 1, 3, 2}, {2, 1, 32, 257}}) {
    check_equal(at::randn(sizes));
    check_equal(at::randint(0, 2, sizes).to(at::kFloat));
    at::Tensor odd = at::randn(sizes);
    odd.masked_fill_(at::rand(sizes).lt(.2), std::nanf(""));
    odd.masked_fill_(at::rand(sizes).lt(.2), -std::numeric_limits<float>::infinity());
    check_equal(odd);
    check_equal(at::randn(sizes).transpose(2, 3).contiguous().transpose(2, 3));
  }
}
