#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <cmath>
#include <string>

#include "optim/schedule.h"
#include "support/doctest.h"
#include "support/optimizer.h"
#include "support/reference.h"
#include "train/gradients.h"
#include "train/moving_average.h"

using namespace leat;

namespace {

constexpr int weights = 3;

std::vector<at::Tensor> read(const Reference& reference, const std::string& name) {
  std::vector<at::Tensor> out;
  for (int k = 0; k < weights; ++k) out.push_back(reference(name + "." + std::to_string(k)));
  return out;
}

}  // namespace

TEST_CASE("schedules: cosine and steps are PyTorch's, warm-up rises linearly") {
  const Reference reference("train");
  const at::Tensor cosine = reference("schedule.cosine"), steps = reference("schedule.steps");
  for (std::int64_t k = 0; k < 40; ++k) {
    CHECK(rate_factor({Schedule::Kind::Cosine, 0, 0, 0.1}, k, 40) == doctest::Approx(cosine[k].item<double>()).epsilon(1e-12));
    CHECK(rate_factor({Schedule::Kind::Steps, 0, 8, 0.1}, k, 40) == doctest::Approx(steps[k].item<double>()).epsilon(1e-12));
  }
  CHECK(rate_factor({Schedule::Kind::Constant, 20, 0, 0.1}, 0, 40) == doctest::Approx(0.05));
  CHECK(rate_factor({Schedule::Kind::Constant, 20, 0, 0.1}, 19, 40) == 1);
  CHECK(rate_factor({Schedule::Kind::Constant, 0, 0, 0.1}, 0, 40) == 1);
}

TEST_CASE("gradients: norm and clipping are clip_grad_norm_'s") {
  const Reference reference("train");
  const std::vector<at::Tensor> gradients = read(reference, "gradient.0");
  const at::Tensor norm = gradient_norm(gradients, gradients[0]);
  for (const auto& [name, most] : {std::pair("small", 0.5), std::pair("large", 100.0)}) {
    CHECK(difference(norm, reference(std::string("clip.") + name + ".norm")) < 1e-6);
    const std::vector<at::Tensor> found = clipped(gradients, norm, most);
    for (std::size_t k = 0; k < weights; ++k)
      CHECK(difference(found[k], reference(std::string("clip.") + name + "." + std::to_string(k))) < 1e-7);
  }
}

TEST_CASE("gradients: a parameter that takes no part has none, and clipping keeps its place") {
  const at::Tensor used = at::ones({2}).requires_grad_(true), unused = at::ones({2}).requires_grad_(true);
  const std::vector<at::Tensor> found = gradients_of((used * 3).sum(), {unused, used});
  CHECK_FALSE(found[0].defined());
  CHECK(found[1].equal(at::full({2}, 3.0)));
  const std::vector<at::Tensor> small = clipped(found, gradient_norm(found, used), 1.0);
  CHECK_FALSE(small[0].defined());
  CHECK(small[1].norm().item<double>() == doctest::Approx(1).epsilon(1e-5));
}

TEST_CASE("gradients: a fused step reads them right, however autograd laid them out") {
  // PyTorch's fused kernels on the CPU take the memory of a gradient for that of its weight. Autograd promises this only for `.grad`.
  const at::Tensor factors = at::arange(6, at::kFloat).view({3, 2});
  for (const std::string type : {"optim.adam", "optim.sgd"}) {
    CAPTURE(type);
    GivenWeights model({at::ones({2, 3}), at::ones({4})});
    const at::Tensor loss = (model.parameters()[0].t() * factors).sum() + model.parameters()[1].sum();
    const std::vector<at::Tensor> found = gradients_of(loss, model.parameters());
    GivenWeights same({at::ones({2, 3}), at::ones({4})});
    update(*open_optimizer(type, "{}", same), {factors.t().contiguous(), at::ones({4})}, 0.1);
    update(*open_optimizer(type, "{}", model), found, 0.1);
    CHECK(model.parameters()[0].equal(same.parameters()[0]));
    CHECK(model.parameters()[1].equal(same.parameters()[1]));
  }
}

TEST_CASE("gradients: a loss without a graph is a valid step that changes nothing") {
  GivenWeights model({at::ones({2})});
  const at::Tensor loss = at::zeros({});
  const std::vector<at::Tensor> found = gradients_of(loss, model.parameters());
  CHECK_FALSE(found[0].defined());
  CHECK(gradient_norm(found, loss).item<double>() == 0);
  update(*open_optimizer("optim.adam", "{weight_decay: 0.1, decoupled: true}", model), clipped(found, scalar(0), 1.0), 0.1);
  CHECK(model.parameters()[0].equal(at::ones({2})));
}

TEST_CASE("averages: move as torch.lerp, quickly at first") {
  const Reference reference("train");
  std::vector<at::Tensor> averages = read(reference, "start");
  for (int k = 0; k < 7; ++k) move_averages(averages, read(reference, "gradient." + std::to_string(k)), scalar(average_decay(0.5, k)));
  for (std::size_t k = 0; k < weights; ++k) CHECK(difference(averages[k], reference("average." + std::to_string(k))) < 1e-6);
  CHECK(average_decay(0.999, 0) == doctest::Approx(0.1));
  CHECK(average_decay(0.999, 100000) == 0.999);
}
