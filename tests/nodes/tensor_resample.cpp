#include <ATen/core/Tensor.h>
#include <ATen/ops/linspace.h>

#include "tensor/resample.h"

#include "support/doctest.h"

using namespace leat;

namespace {

at::Tensor waves(std::int64_t rows, std::int64_t channels, std::int64_t height, std::int64_t width) {
  return at::linspace(-20, 20, rows * channels * height * width).sin().view({rows, channels, height, width});
}

/// The gradient with respect to x of a weighted sum of f(x).
template <class Function>
at::Tensor gradient_of(const Function& f, const at::Tensor& at) {
  const at::Tensor x = at.clone().requires_grad_(true);
  const at::Tensor y = f(x);
  y.backward(at::linspace(-1, 1, y.numel()).view(y.sizes()));
  return x.grad();
}

}  // namespace

TEST_CASE("resample: products with constant matrices equal the library's bilinear resize and its gradient") {
  const at::Tensor x = waves(2, 3, 5, 8);
  for (const auto& [height, width] : {std::pair<std::int64_t, std::int64_t>{10, 16}, {3, 2}, {1, 1}, {5, 8}}) {
    for (const Aligned aligned : {Aligned::Corners, Aligned::Edges}) {
      INFO(height, " x ", width, aligned == Aligned::Corners ? ", corners" : ", edges");
      const auto ours = [=, h = height, w = width](const at::Tensor& in) { return resize_by_products(in, h, w, aligned); };
      const auto theirs = [=, h = height, w = width](const at::Tensor& in) { return resize_bilinear(in, h, w, aligned); };
      CHECK(ours(x).sub(theirs(x)).abs().max().item<double>() < 1e-5);
      CHECK(gradient_of(ours, x).sub(gradient_of(theirs, x)).abs().max().item<double>() < 1e-5);
    }
  }
}
