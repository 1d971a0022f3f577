#include <ATen/Context.h>
#include <ATen/core/Tensor.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/csrc/autograd/autograd.h>

#include "leat/tensor.h"
#include "model/passes.h"

#include "support/doctest.h"
#include "support/network.h"

// tests/data/model/make_reference.py computed the files with PyTorch's modules.

using namespace leat;

namespace {

bool has_gpu() { return c10::impl::hasDeviceGuardImpl(at::kCUDA) && c10::impl::getDeviceGuardImpl(at::kCUDA)->deviceCount() > 0; }

/// The largest difference, relative to the largest value of the reference.
double difference(const at::Tensor& ours, const Archive& reference, const std::string& name) {
  const at::Tensor theirs = from_entry(reference.entry(name));
  REQUIRE(ours.sizes() == theirs.sizes());
  return (ours.detach().cpu().sub(theirs).abs().max().item<double>()) / theirs.abs().max().item<double>();
}

/// Runs all stages with the file's weights and compares what they put, and every gradient.
void check_against(const std::string& file, const std::string& settings, const std::string& device = "cpu") {
  INFO(device);
  const Archive reference = Archive::read(std::string(LEAT_TEST_DATA) + "/model/" + file);
  const auto net = open_network(settings, "net", device);
  net->load(reference);
  const at::Tensor image = from_entry(reference.entry("input")).to(at::Device(device));

  const at::Tensor of_pixels = saliency(*net, image, Weights::Live);
  const Features features = encode(*net, image, {});
  const at::Tensor logits = classify(*net, features, Weights::Live);
  const at::Tensor masks = segment(*net, features, image, of_pixels, {});
  CHECK(difference(of_pixels, reference, "saliency") < 1e-5);
  CHECK(difference(logits, reference, "logits") < 1e-5);
  CHECK(difference(masks, reference, "mask_logits") < 1e-5);
  CHECK_FALSE(of_pixels.requires_grad());

  const at::Tensor loss = logits.square().mean().add(masks.square().mean());
  const auto gradients = torch::autograd::grad({loss}, net->parameters());
  double largest = 0;
  for (const auto& [name, entry] : reference.entries())
    if (name.starts_with("gradient.")) largest = std::max(largest, from_entry(entry).abs().max().item<double>());
  for (std::size_t k = 0; k < gradients.size(); ++k) {
    INFO(net->layout().slots[k].name);
    const at::Tensor theirs = from_entry(reference.entry("gradient." + net->layout().slots[k].name));
    // A bias before an instance norm has the gradient 0, of which rounding is left: the scale is that of the largest gradient.
    CHECK(gradients[k].cpu().sub(theirs).abs().max().item<double>() < 1e-5 * largest);
  }
}

const std::string small_paper_settings =
    "{channels: [2, 4, 6, 8, 10], norm: instance, slope: 0.2, pool_before_head: true, bridge.join: first_stage, "
    "bridge.resize: bilinear, classes: [a, b], masks: [lungs]}";
const std::string small_demo_settings =
    "channels: [2, 4, 6, 8, 10], norm: group, bias: false, slope: 0.1, bridge.join: deepest, bridge.scale: max, "
    "bridge.resize: area, classes: [a, b, c], masks: [lungs, heart]";

}  // namespace

TEST_CASE("model: the papers' network computes and differentiates as PyTorch's modules do") {
  check_against("paper.safetensors", small_paper_settings);
}

TEST_CASE("model: the demo's network with three classes and two masks computes and differentiates as PyTorch's modules do") {
  check_against("demo.safetensors", "{" + small_demo_settings + "}");
}

TEST_CASE("model: with standardized weights it computes and differentiates as PyTorch does") {
  check_against("standardized.safetensors", "{" + small_demo_settings + ", standardized: true}");
}

TEST_CASE("model: all do on a GPU" * doctest::skip(!has_gpu())) {
  const bool allowed = at::globalContext().allowTF32CuDNN();
  at::globalContext().setAllowTF32CuDNN(false);
  check_against("paper.safetensors", small_paper_settings, "cuda:0");
  check_against("demo.safetensors", "{" + small_demo_settings + "}", "cuda:0");
  check_against("standardized.safetensors", "{" + small_demo_settings + ", standardized: true}", "cuda:0");
  at::globalContext().setAllowTF32CuDNN(allowed);
}
