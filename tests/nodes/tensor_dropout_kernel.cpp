#include <ATen/core/Tensor.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <c10/util/Exception.h>
#include <filesystem>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/doctest.h"
#include "support/simulated_device.h"
#include "tensor/cuda_dropout.h"
#include "tensor/dropout.h"
#include "tensor/dropout_operation.h"
#include "tensor/nvrtc.h"

// The kernel of dropout for a GPU, without a GPU: a simulated device runs its text as the C++ compiler compiles it, NVRTC compiles it for
// GPUs, and a driver that stands in for CUDA's launches it.
using namespace leat;

namespace {

constexpr const char* elf_magic =
    "\x7f"
    "ELF";

/// While it lives, this thread computes dropout on the simulated device with the kernel.
struct WithKernel {
  WithKernel() { set_dropout_kernel(prepare_simulated_dropout); }
  ~WithKernel() { set_dropout_kernel(nullptr); }
};

/// Numbers of both signs, with some that differ in few bits after a product.
at::Tensor values_of(at::IntArrayRef sizes) {
  at::Tensor out = at::full(sizes, 0.0f);
  float* to = out.mutable_data_ptr<float>();
  Random random({{3, 4}, 0, 0, 0});
  for (std::int64_t k = 0; k < out.numel(); ++k) to[k] = static_cast<float>(random.normal());
  if (out.numel() > 8) to[2] = -0.0f, to[3] = 1e-41f, to[5] = std::numeric_limits<float>::infinity();
  return out;
}

Dropout dropout_of(std::vector<RandomKey> rows, double share) { return {share, std::move(rows)}; }

/// Rows of two processes that share a batch, or of a batch with dropped samples: slots in any order.
std::vector<RandomKey> rows_of(std::int64_t count, RandomKey first = {{11, 22}, 1, 5, 3}) {
  std::vector<RandomKey> out;
  for (std::int64_t row = 0; row < count; ++row, first.slot = first.slot * 5 + 2) out.push_back(first);
  return out;
}

bool has_equal_bits(const at::Tensor& a, const at::Tensor& b) { return at::equal(a.view(at::kInt), b.view(at::kInt)); }

at::Tensor on_device(const at::Tensor& x, const Dropout& dropout, std::uint32_t layer) {
  const WithKernel kernel;
  return DropoutLayers(dropout, layer, {x[0].numel()}, simulated_device()).apply(x.to(simulated_device()), 0).to(at::kCPU);
}

at::Tensor on_host(const at::Tensor& x, const Dropout& dropout, std::uint32_t layer) {
  return DropoutLayers(dropout, layer, {x[0].numel()}, at::kCPU).apply(x, 0);
}

at::Tensor by_operations(const at::Tensor& x, const Dropout& dropout, std::uint32_t layer) {
  return DropoutLayers(dropout, layer, {x[0].numel()}, simulated_device()).apply(x.to(simulated_device()), 0).to(at::kCPU);
}

/// Copies of NVRTC: the one of the tests first.
std::vector<std::string> copies_of_nvrtc() {
  std::vector<std::string> out = nvrtc_places();
  if (std::filesystem::exists(LEAT_NVRTC)) out.insert(out.begin(), LEAT_NVRTC);
  return out;
}

/// Returns those that can be loaded. If there is none, says that the test is skipped.
std::vector<Nvrtc> loaded_nvrtc() {
  std::vector<Nvrtc> out;
#ifdef __SANITIZE_ADDRESS__
  MESSAGE("skipped: AddressSanitizer hides the library that NVRTC loads from its own folder");
#else
  for (const std::string& copy : copies_of_nvrtc()) {
    try {
      out.emplace_back(copy);
    } catch (const std::exception&) {
      // Not every place has one.
    }
  }
  if (out.empty()) MESSAGE("skipped: there is no NVRTC here (libnvrtc.so.13, tests/requirements.txt)");
#endif
  return out;
}

std::string fault_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

std::string fault_of_load(const std::string& driver, const std::vector<std::string>& nvrtc, int device = 0) {
  return fault_of([&] { static_cast<void>(load_dropout_kernel(driver, nvrtc, device)); });
}

}  // namespace

TEST_CASE("dropout: the kernel has the bits of the CPU's loops and of the tensor operations, for all sizes and ranks") {
  const std::vector<std::vector<std::int64_t>> sizes{
      {3, 1},    {3, 15},       {1, 16},       {2, 127},     {4, 128},     {3, 129},       {3, 1000},     {5, 1023},      {2, 1024},
      {2, 1025}, {10, 4, 8, 8}, {3, 5, 7, 11}, {2, 3, 1, 1}, {1, 2, 3, 3}, {2, 3, 40, 33}, {7, 16, 4, 4}, {2, 2, 3, 4, 5}};
  for (const auto& size : sizes) {
    CAPTURE(at::IntArrayRef(size));
    const at::Tensor x = values_of(size);
    for (const double share : {0.1, 0.5, 0.9}) {
      const Dropout dropout = dropout_of(rows_of(x.size(0)), share);
      const at::Tensor out = on_device(x, dropout, 4);
      CHECK(has_equal_bits(out, on_host(x, dropout, 4)));
      CHECK(has_equal_bits(out, by_operations(x, dropout, 4)));
    }
  }
}

TEST_CASE("dropout: the kernel draws with every part of the key, and with the layer") {
  const at::Tensor x = values_of({2, 3, 20, 20});
  const RandomKey key{{0xFFFFFFF1u, 0x80000001u}, 0xFFFFFFFFu, 0x80000000u, 7};
  const at::Tensor out = on_device(x, dropout_of(rows_of(2, key), 0.3), 0);
  CHECK(has_equal_bits(out, on_host(x, dropout_of(rows_of(2, key), 0.3), 0)));
  std::vector<RandomKey> others(5, key);
  others[0].key[0] = 1, others[1].key[1] = 1, others[2].occurrence = 1, others[3].step = 1, others[4].slot = 1;
  for (const RandomKey& other : others) {
    const Dropout dropout = dropout_of(rows_of(2, other), 0.3);
    CHECK_FALSE(has_equal_bits(out, on_device(x, dropout, 0)));
    CHECK(has_equal_bits(on_device(x, dropout, 0), on_host(x, dropout, 0)));
  }
  CHECK_FALSE(has_equal_bits(out, on_device(x, dropout_of(rows_of(2, key), 0.3), 1)));
}

TEST_CASE("dropout: layers of one pass take one copy of keys and one operation each, and one for each gradient") {
  const WithKernel kernel;
  const Dropout dropout = dropout_of(rows_of(3), 0.25);
  const std::vector<std::int64_t> counts{300, 128, 7};
  std::int64_t before = simulated_operations();
  const DropoutLayers layers(dropout, 5, counts, simulated_device()), of_host(dropout, 5, counts, at::kCPU);
  CHECK(simulated_operations() - before == 1);
  for (std::size_t k = 0; k < counts.size(); ++k) {
    const at::Tensor values = values_of({3, counts[k]});
    at::Tensor x = values.to(simulated_device()), own = values.clone();
    x.requires_grad_(true), own.requires_grad_(true);
    before = simulated_operations();
    const at::Tensor out = layers.apply(x, k), same = of_host.apply(own, k);
    CHECK(simulated_operations() - before == 1);
    CHECK(out.requires_grad());
    CHECK(has_equal_bits(out.detach().to(at::kCPU), same.detach()));
    const at::Tensor gradient = values_of({3, counts[k]}).mul(2.5);
    const at::Tensor given = gradient.to(simulated_device());
    before = simulated_operations();
    out.backward(given);
    CHECK(simulated_operations() - before == 1);
    same.backward(gradient);
    CHECK(has_equal_bits(x.grad().to(at::kCPU), own.grad()));
  }
}

TEST_CASE("dropout: the kernel is not used without keys or share, and without gradients nothing is kept") {
  const WithKernel kernel;
  const at::Tensor x = values_of({2, 3}).to(simulated_device());
  for (const Dropout& off : {Dropout{}, dropout_of(rows_of(2), 0)})
    CHECK(DropoutLayers(off, 0, {3}, simulated_device()).apply(x, 0).is_same(x));
  const Dropout dropout = dropout_of(rows_of(2), 0.5);
  CHECK_FALSE(DropoutLayers(dropout, 0, {3}, simulated_device()).apply(x, 0).requires_grad());
}

TEST_CASE("dropout: a thread whose kernel cannot be used says so once, with the reason") {
  set_dropout_kernel([](at::Device) { return std::string("the driver is too old"); });
  const Dropout dropout = dropout_of(rows_of(2), 0.5);
  CHECK(take_dropout_note().empty());
  const at::Tensor x = values_of({2, 30});
  CHECK(has_equal_bits(by_operations(x, dropout, 0), on_host(x, dropout, 0)));
  CHECK(take_dropout_note() ==
        "dropout on " + simulated_device().str() +
            " is computed by many operations instead of one kernel, with the same values but more slowly: the driver is too old");
  static_cast<void>(by_operations(x, dropout, 1));
  CHECK(take_dropout_note().empty());
  set_dropout_kernel(nullptr);
}

TEST_CASE("dropout: NVRTC compiles the kernel for GPUs") {
  for (const Nvrtc& nvrtc : loaded_nvrtc()) {
    for (const int capability : {80, 90}) {
      const std::string binary = nvrtc.compile(dropout_kernel_text(), capability);
      CHECK(binary.starts_with(elf_magic));
      CHECK(binary.find("leat_dropout") != std::string::npos);
    }
    CHECK(fault_of([&] { static_cast<void>(nvrtc.compile("this is no kernel", 90)); }).find("leat_kernel.cu(1): error") !=
          std::string::npos);
    CHECK(fault_of([&] { static_cast<void>(nvrtc.compile(dropout_kernel_text(), 19)); }).find("--gpu-architecture") != std::string::npos);
  }
}

TEST_CASE("dropout: the kernel is compiled, loaded and launched through the driver, also on a thread that is new to the device") {
  if (loaded_nvrtc().empty()) return;
  const CudaKernel kernel = load_dropout_kernel(LEAT_FAKE_CUDA_DRIVER, copies_of_nvrtc(), 0);
  const Dropout dropout = dropout_of(rows_of(3), 0.4);
  const at::Tensor x = values_of({3, 2, 25, 25}), keys = dropout_keys(dropout, 2, 4);
  at::Tensor out = at::empty_like(x);
  const DropoutLaunch launch = dropout_launch(x, keys, 3, dropout_rule(dropout.share), out);
  std::thread([&] { kernel.launch(nullptr, dropout_groups(x, launch), dropout_threads, launch); }).join();
  CHECK(has_equal_bits(out, on_host(x, dropout, 5)));
  // Like LibTorch's own kernels, so that a lane knows it as a fault of the device.
  CHECK_THROWS_AS(kernel.launch(nullptr, 1, 1, launch), c10::AcceleratorError);
  CHECK(fault_of([&] { kernel.launch(nullptr, 1, 1, launch); }).find("cuLaunchKernel: a fault of the test's driver (1)") !=
        std::string::npos);
}

TEST_CASE("dropout: what the kernel lacks is named") {
  CHECK(fault_of_load("libno_driver.so.1", {}).find("libno_driver.so.1") != std::string::npos);
  const std::string none = fault_of_load(LEAT_FAKE_CUDA_DRIVER, {"libno_compiler.so.13", "libno_compiler.so.12"});
  CHECK(none.find("libno_compiler.so.13: cannot open shared object file") != std::string::npos);
  CHECK(none.find("; libno_compiler.so.12") != std::string::npos);
  CHECK(fault_of_load(LEAT_FAKE_CUDA_DRIVER, {LEAT_FAKE_CUDA_DRIVER}).find("has no function `nvrtcCreateProgram`") != std::string::npos);
  CHECK(fault_of_load(LEAT_FAKE_CUDA_DRIVER, {}, 1).find("CUDA's driver fails in cuDeviceGet: a fault of the test's driver (1)") !=
        std::string::npos);
}
