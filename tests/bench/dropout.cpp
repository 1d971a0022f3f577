#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/csrc/autograd/autograd.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/process.h"
#include "leat/lane.h"
#include "leat/register_nodes.h"
#include "leat/registry.h"
#include "tensor/cuda_dropout.h"
#include "tensor/dropout.h"
#include "tensor/dropout_operation.h"

// Dropout of one training pass of graphs/multimix-paper.yaml on a GPU, forward and backward: as one kernel for each layer, and as
// LibTorch's operations. Before that, the bits of both are compared with the CPU's.
namespace {

using namespace leat;

struct Settings {
  std::string device = "cuda:0";
  int size = 64;
  int batch = 10;
  int turns = 9;
  int passes = 20;  ///< Of one turn.
};

using Sizes = std::vector<std::int64_t>;

/// The encoder's stages and the decoder's.
std::vector<Sizes> layers_of(const Settings& settings) {
  std::vector<Sizes> out;
  const std::vector<std::int64_t> channels{16, 32, 64, 128, 256, 128, 64, 32, 16};
  for (std::size_t k = 0; k < channels.size(); ++k) {
    const std::int64_t side = settings.size >> std::min(k, channels.size() - 1 - k);
    out.push_back({settings.batch, channels[k], side, side});
  }
  return out;
}

Dropout dropout_of(std::int64_t rows, std::uint32_t step) {
  Dropout out{0.1, {}};
  for (std::int64_t row = 0; row < rows; ++row) out.rows.push_back({{11, 22}, 1, step, static_cast<std::uint32_t>(3 * row + 1)});
  return out;
}

at::Tensor numbers_of(const Sizes& sizes) {
  at::Tensor out = at::full(sizes, 0.0f);
  Random random({{3, 4}, 0, 0, 0});
  float* to = out.mutable_data_ptr<float>();
  for (std::int64_t k = 0; k < out.numel(); ++k) to[k] = static_cast<float>(random.uniform(-1, 1));
  return out;
}

/// One pass over layers of these sizes, forward and backward. Returns the results and their gradients.
std::vector<at::Tensor> pass(const std::vector<at::Tensor>& inputs, const Dropout& dropout) {
  std::vector<std::int64_t> counts;
  for (const at::Tensor& x : inputs) counts.push_back(x[0].numel());
  const DropoutLayers layers(dropout, 0, counts, inputs[0].device());
  std::vector<at::Tensor> out;
  for (std::size_t k = 0; k < inputs.size(); ++k) out.push_back(layers.apply(inputs[k], k));
  std::vector<at::Tensor> given;
  for (const at::Tensor& x : inputs) given.push_back(x.detach());
  const std::vector<at::Tensor> gradients = torch::autograd::grad(out, inputs, given);
  out.insert(out.end(), gradients.begin(), gradients.end());
  return out;
}

std::vector<at::Tensor> inputs_of(const std::vector<Sizes>& layers, at::Device device) {
  std::vector<at::Tensor> out;
  for (const Sizes& sizes : layers) out.push_back(numbers_of(sizes).to(device).requires_grad_(true));
  return out;
}

/// Throws if a value of the device differs from the CPU's.
void compare(const std::vector<Sizes>& layers, at::Device device, const std::string& form) {
  const Dropout dropout = dropout_of(layers[0][0], 7);
  const std::vector<at::Tensor> of_device = pass(inputs_of(layers, device), dropout), of_host = pass(inputs_of(layers, at::kCPU), dropout);
  for (std::size_t k = 0; k < of_host.size(); ++k)
    if (!at::equal(of_device[k].detach().to(at::kCPU).view(at::kInt), of_host[k].detach().view(at::kInt)))
      throw std::runtime_error("the bits of the " + form + " differ from the CPU's in result " + std::to_string(k));
}

void synchronize(at::Device device) {
  const c10::impl::VirtualGuardImpl devices(device.type());
  devices.synchronizeStream(devices.getStream(device));
}

double ms_per_pass(const std::vector<at::Tensor>& inputs, const Settings& settings) {
  synchronize(inputs[0].device());
  const double begin = bench::wall_s();
  for (int k = 0; k < settings.passes; ++k) static_cast<void>(pass(inputs, dropout_of(settings.batch, static_cast<std::uint32_t>(k))));
  synchronize(inputs[0].device());
  return 1e3 * (bench::wall_s() - begin) / settings.passes;
}

nlohmann::json measured(const Settings& settings) {
  Registry registry;
  register_nodes(registry);
  // Refuses a device that is not there, and sets what a run sets.
  const std::unique_ptr<Lane> lane = registry.make_lane()(settings.device);
  const at::Device device(lane->device());
  if (!device.is_cuda()) throw std::runtime_error("`--device` must be a GPU, such as cuda:0");
  if (const std::string why_not = prepare_cuda_dropout(device); !why_not.empty())
    throw std::runtime_error("the kernel of dropout cannot be used: " + why_not);
  const std::vector<Sizes> layers = layers_of(settings);
  const std::vector<Sizes> odd{{3, 1}, {3, 129}, {3, 1025}, {3, 5, 7, 11}, {3, 3, 40, 33}};
  struct Form {
    const char* name;
    PrepareDropout prepare;
    std::vector<double> ms;
  };
  std::vector<Form> forms{{"kernel", prepare_cuda_dropout, {}}, {"operations", nullptr, {}}};
  for (const Form& form : forms) {
    set_dropout_kernel(form.prepare);
    compare(layers, device, form.name);
    compare(odd, device, form.name);
  }
  const std::vector<at::Tensor> inputs = inputs_of(layers, device);
  for (int turn = 0; turn < settings.turns; ++turn)
    for (Form& form : forms) {
      set_dropout_kernel(form.prepare);
      form.ms.push_back(ms_per_pass(inputs, settings));
    }
  nlohmann::json out{{"bits", "equal"}, {"device", settings.device}, {"size", settings.size}, {"batch", settings.batch}};
  for (const Form& form : forms) out[std::string(form.name) + "_ms"] = bench::rounded(bench::median(form.ms), 1000);
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Dropout of one training pass on a GPU, as a kernel and as operations."};
  Settings settings;
  app.add_option("--device", settings.device, "The GPU")->capture_default_str();
  app.add_option("--size", settings.size, "Side of the pictures")->capture_default_str();
  app.add_option("--batch", settings.batch, "Pictures of a pass")->capture_default_str();
  app.add_option("--turns", settings.turns, "Turns; the median counts")->capture_default_str()->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  try {
    std::cout << measured(settings).dump() << std::endl;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
