#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <algorithm>
#include <vector>

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

TEST_CASE("resample: resized and joined in one go, the values and all gradients are those of LibTorch's resize and cat") {
  using Size = std::pair<std::int64_t, std::int64_t>;
  for (const auto& [from, to] : std::vector<std::pair<Size, Size>>{{{4, 4}, {8, 8}},
                                                                   {{32, 32}, {64, 64}},
                                                                   {{5, 7}, {11, 13}},
                                                                   {{1, 1}, {4, 3}},
                                                                   {{6, 9}, {6, 9}},
                                                                   {{9, 12}, {4, 5}},
                                                                   {{3, 2}, {1, 40}}})
    for (const std::int64_t channels : {1, 5, 16}) {
      CAPTURE(channels);
      INFO(from.first, " x ", from.second, " to ", to.first, " x ", to.second);
      const std::vector<at::Tensor> inputs{waves(3, channels, from.first, from.second), waves(3, 4, to.first, to.second).mul(2),
                                           waves(3, 2, to.first, to.second).sub(1)};
      const auto joined = [](const std::vector<at::Tensor>& of) { return resize_and_join(of[0], {of[1], of[2]}); };
      const auto apart = [to = to](const std::vector<at::Tensor>& of) {
        return at::cat({at::upsample_bilinear2d(of[0], {to.first, to.second}, true), of[1], of[2]}, 1);
      };
      CHECK(joined(inputs).sub(apart(inputs)).abs().max().item<double>() < 4e-6);
      for (std::size_t k = 0; k < inputs.size(); ++k) {
        const auto of = [&, k](const auto& f) {
          return [&, k](const at::Tensor& in) {
            std::vector<at::Tensor> all = inputs;
            all[k] = in;
            return f(all);
          };
        };
        const at::Tensor own = gradient_of(of(joined), inputs[k]), other = gradient_of(of(apart), inputs[k]);
        CHECK(own.sub(other).abs().max().item<double>() <= 2e-6 * std::max(1.0, other.abs().max().item<double>()));
      }
    }
}

TEST_CASE("resample: a skip connection that needs no gradient gets none") {
  const at::Tensor x = waves(2, 3, 4, 4).requires_grad_(true);
  const at::Tensor out = resize_and_join(x, {waves(2, 5, 8, 8)});
  out.sum().backward();
  CHECK(x.grad().sum().item<double>() == doctest::Approx(2 * 3 * 64));
}
