#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <cmath>
#include <limits>

#include "optim/adam_moments.h"
#include "optim/schedule.h"
#include "support/doctest.h"
#include "support/reference.h"
#include "train/gradients.h"
#include "train/moving_average.h"

using namespace leat;

namespace {

constexpr int weights = 3;
constexpr double rates[] = {0.01, 0.02, 0.02, 0.013, 0.007, 0.004, 0.001};
const std::vector<std::string> names{"a", "b", "c"};

std::vector<at::Tensor> read(const Reference& reference, const std::string& name) {
  std::vector<at::Tensor> out;
  for (int k = 0; k < weights; ++k) out.push_back(reference(name + "." + std::to_string(k)));
  return out;
}

std::vector<at::Tensor> start(const Reference& reference) {
  std::vector<at::Tensor> out = read(reference, "start");
  for (at::Tensor& tensor : out) tensor.requires_grad_(true);
  return out;
}

at::Tensor scalar(double number) { return at::full({}, number, at::kFloat); }

/// Steps as the script's: the second weight has no gradient in two of them.
void step(AdamMoments& moments, const std::vector<at::Tensor>& parameters, const Reference& reference, int k,
          const AdamSettings& settings) {
  std::vector<at::Tensor> gradients = read(reference, "gradient." + std::to_string(k));
  if (k == 2 || k == 3) gradients[1].reset();
  moments.update(parameters, gradients, scalar(rates[k]), scalar(0), settings);
}

void check_adam(const std::string& name, const AdamSettings& settings) {
  const Reference reference("train");
  const std::vector<at::Tensor> parameters = start(reference);
  AdamMoments moments(parameters);
  for (int k = 0; k < 7; ++k) step(moments, parameters, reference, k, settings);
  Archive saved;
  moments.save(saved, names);
  for (int k = 0; k < weights; ++k) {
    CHECK(difference(parameters[static_cast<std::size_t>(k)], reference(name + "." + std::to_string(k))) < 1e-6);
    CHECK(difference(from_entry(saved.entry("step." + names[static_cast<std::size_t>(k)])),
                     reference(name + ".step." + std::to_string(k))) == 0);
  }
}

}  // namespace

TEST_CASE("optim.adam: seven steps with a changing rate and a weight without gradient equal torch.optim.Adam") {
  check_adam("adam", {0.9, 0.999, 1e-8, 0, false});
  check_adam("adam_decay", {0.8, 0.99, 1e-6, 0.1, false});
}

TEST_CASE("optim.adam: decoupled, they equal torch.optim.AdamW") { check_adam("adamw", {0.9, 0.999, 1e-8, 0.05, true}); }

TEST_CASE("optim.adam: saved and loaded, it goes on with the same bits") {
  const Reference reference("train");
  const AdamSettings settings{0.9, 0.999, 1e-8, 0.05, true};
  const std::vector<at::Tensor> straight = start(reference), resumed = start(reference);
  AdamMoments moments(straight), before(resumed);
  for (int k = 0; k < 6; ++k) step(moments, straight, reference, k, settings);
  for (int k = 0; k < 3; ++k) step(before, resumed, reference, k, settings);
  Archive archive;
  before.save(archive, names);
  AdamMoments after(resumed);
  after.load(archive, names);
  for (int k = 3; k < 6; ++k) step(after, resumed, reference, k, settings);
  for (std::size_t k = 0; k < weights; ++k) CHECK(straight[k].equal(resumed[k]));
}

TEST_CASE("optim.adam: a checkpoint of another network is refused by name") {
  const Reference reference("train");
  const std::vector<at::Tensor> parameters = start(reference);
  Archive archive;
  AdamMoments(parameters).save(archive, names);
  AdamMoments other({at::zeros({2}), at::zeros({2}), at::zeros({2})});
  CHECK_THROWS_WITH(other.load(archive, names), "`mean.a` has another shape than the weight it belongs to");
  CHECK_THROWS(other.load(Archive(), names));
}

TEST_CASE("optim.adam: a skipped step changes neither weights nor what it keeps") {
  const Reference reference("train");
  const std::vector<at::Tensor> parameters = start(reference);
  AdamMoments moments(parameters);
  std::vector<at::Tensor> bad;
  for (const at::Tensor& parameter : parameters) bad.push_back(at::full(parameter.sizes(), std::numeric_limits<float>::quiet_NaN()));
  moments.update(parameters, bad, scalar(0.1), scalar(1), {});
  Archive archive;
  moments.save(archive, names);
  for (std::size_t k = 0; k < weights; ++k) {
    CHECK(difference(parameters[k], reference("start." + std::to_string(k))) == 0);
    CHECK(from_entry(archive.entry("step." + names[k])).item<double>() == 0);
    CHECK(from_entry(archive.entry("mean." + names[k])).abs().max().item<double>() == 0);
  }
}

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

TEST_CASE("gradients: a loss without a graph is a valid step that changes nothing") {
  const std::vector<at::Tensor> parameters{at::ones({2}).requires_grad_(true)};
  const at::Tensor loss = at::zeros({});
  const std::vector<at::Tensor> found = gradients_of(loss, parameters);
  CHECK_FALSE(found[0].defined());
  CHECK(gradient_norm(found, loss).item<double>() == 0);
  AdamMoments moments(parameters);
  moments.update(parameters, clipped(found, scalar(0), 1.0), scalar(0.1), scalar(0), {0.9, 0.999, 1e-8, 0.1, true});
  CHECK(parameters[0].equal(at::ones({2})));
}

TEST_CASE("averages: move as torch.lerp, quickly at first") {
  const Reference reference("train");
  std::vector<at::Tensor> averages = read(reference, "start");
  for (int k = 0; k < 7; ++k) move_averages(averages, read(reference, "gradient." + std::to_string(k)), scalar(average_decay(0.5, k)));
  for (std::size_t k = 0; k < weights; ++k) CHECK(difference(averages[k], reference("average." + std::to_string(k))) < 1e-6);
  CHECK(average_decay(0.999, 0) == doctest::Approx(0.1));
  CHECK(average_decay(0.999, 100000) == 0.999);
}
