#include <torch/optim/adam.h>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "bench/process.h"
#include "model/layout.h"
#include "support/optimizer.h"

// Adam's step on the weights of graphs/multimix-paper.yaml: `optim.adam` as `train.step` calls it, or `torch::optim::Adam`. The gradients
// are the same constants in every step.
namespace {

using namespace leat;

struct Settings {
  std::string by = "leat";
  int threads = 2;
  int steps = 200;
  int warmup = 20;
};

constexpr double rate = 1e-4;

class NamedWeights final : public Model {
 public:
  NamedWeights(std::vector<std::string> names, std::vector<at::Tensor> weights) { set_weights(std::move(names), std::move(weights)); }
  Normalization normalization() const override { return {}; }
};

at::Tensor drawn(const std::vector<std::int64_t>& shape, Random& random) {
  at::Tensor out = at::empty(shape, at::kFloat);
  auto* values = out.mutable_data_ptr<float>();
  for (std::int64_t k = 0; k < out.numel(); ++k) values[k] = static_cast<float>(random.uniform(-0.1, 0.1));
  return out;
}

/// Calls `step` as often as the settings say, and returns the median of its microseconds.
template <class Step>
double measured_us(const Settings& settings, Step step) {
  std::vector<double> us;
  for (int k = 0; k < settings.warmup + settings.steps; ++k) {
    const double began = bench::wall_s();
    step(k);
    if (k >= settings.warmup) us.push_back(1e6 * (bench::wall_s() - began));
  }
  return bench::median(us);
}

double leat_us(const Settings& settings, const std::vector<std::string>& names, const std::vector<at::Tensor>& weights,
               const std::vector<at::Tensor>& gradients) {
  NamedWeights model(names, weights);
  const auto adam = open_optimizer("optim.adam", "{lr: 1.0e-4}", model);
  return measured_us(settings, [&](int step) { update(*adam, gradients, rate, step); });
}

double libtorch_us(const Settings& settings, const std::vector<at::Tensor>& weights, const std::vector<at::Tensor>& gradients) {
  for (std::size_t k = 0; k < weights.size(); ++k) {
    weights[k].requires_grad_();
    weights[k].mutable_grad() = gradients[k];
  }
  torch::optim::Adam adam(weights, torch::optim::AdamOptions(rate));
  return measured_us(settings, [&](int) { adam.step(); });
}

nlohmann::json measured(const Settings& settings) {
  at::set_num_threads(settings.threads);
  const UnetShape shape{{16, 32, 64, 128, 256}, /*has_bias=*/true, /*has_affine=*/false, /*classes=*/2, /*masks=*/1, /*bridge_channels=*/2};
  Random random{RandomKey{}};
  std::vector<std::string> names;
  std::vector<at::Tensor> weights, gradients;
  std::int64_t count = 0;
  for (const WeightSlot& slot : unet_layout(shape).slots) {
    names.push_back(slot.name);
    weights.push_back(drawn(slot.shape, random));
    gradients.push_back(drawn(slot.shape, random));
    count += weights.back().numel();
  }
  const double us = settings.by == "leat" ? leat_us(settings, names, weights, gradients) : libtorch_us(settings, weights, gradients);
  double sum = 0, squares = 0;
  for (const at::Tensor& one : weights) {
    sum += one.detach().to(at::kDouble).sum().item<double>();
    squares += one.detach().to(at::kDouble).square().sum().item<double>();
  }
  return {{"by", settings.by},
          {"us_per_step", bench::rounded(us, 10)},
          {"threads", settings.threads},
          {"steps", settings.steps},
          {"parameters", count},
          {"tensors", weights.size()},
          {"weights_sum", bench::rounded(sum, 1e4)},
          {"weights_norm", bench::rounded(std::sqrt(squares), 1e6)}};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Adam's step on the weights of MultiMix."};
  Settings settings;
  app.add_option("--by", settings.by, "leat or libtorch")->capture_default_str()->check(CLI::IsMember({"leat", "libtorch"}));
  app.add_option("--threads", settings.threads, "Threads of a step")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--steps", settings.steps, "Steps measured")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--warmup", settings.warmup, "Steps before them")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  std::cout << measured(settings).dump() << std::endl;
}
