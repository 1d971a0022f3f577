#include "leat/lane.h"

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "leat/registry.h"
#include "leat/tensor.h"
#include "leat/work_thread.h"
#include "tensor/accelerator_lane.h"
#include "tensor/cuda_dropout.h"
#include "tensor/device_graph.h"
#include "tensor/host_memory.h"
#include "tensor/replaced.h"
#include "tensor/threads.h"

namespace {
using namespace leat;

class CpuLane final : public Lane {
 public:
  explicit CpuLane(int threads) : threads_(threads), thread_([threads] { use_threads(threads); }) {}
  ~CpuLane() override { give_back_host_memory(); }

  std::string name() const override { return "cpu:" + std::to_string(threads_); }
  std::string device() const override { return "cpu"; }
  void submit(std::function<void()> work) override { thread_.post(std::move(work)); }
  void enter(bool with_gradients) override { c10::GradMode::set_enabled(with_gradients); }
  Value upload(Value value) override { return value; }
  Value fetch(Value value) override {
    return replaced(std::move(value), [](const at::Tensor& tensor) { return tensor.detach(); });
  }

 private:
  int threads_;
  WorkThread thread_;
};

/// Returns the number after the colon, or nullopt if the text is not a number.
std::optional<int> number_of(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || number < 0) return {};
  return number;
}

[[noreturn]] void refuse(const std::string& device) {
  throw Refusal("there is no device `" + device + "`", {}, "use `cpu`, `cpu:THREADS` (1..1024) or `cuda:NUMBER`");
}

std::unique_ptr<Lane> make_cuda(const std::string& device, int index) {
  if (!c10::impl::hasDeviceGuardImpl(at::kCUDA))
    throw Refusal("`" + device + "` needs LibTorch with CUDA, but this LibTorch has none", {},
                  "build with the CUDA wheel, or use `--device cpu`");
  const c10::impl::VirtualGuardImpl devices(at::kCUDA);
  const int count = devices.deviceCount();
  if (index >= count)
    throw Refusal("there is no device `" + device + "`; the number of CUDA devices is " + std::to_string(count) + ", counted from 0", {},
                  "use `--device cpu`");
  // An unusable device throws here. On the lane's thread, the exception would not be caught.
  devices.setDevice(at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index)));
  // cuBLAS reads this when its first handle is created. Without it, its sums have no fixed order.
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
  at::globalContext().setDeterministicAlgorithms(true, false);
  at::globalContext().setDeterministicFillUninitializedMemory(false);
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setBenchmarkCuDNN(false);
  return make_accelerator_lane(at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index)), cuda_graphs(), prepare_cuda_dropout);
}

std::unique_ptr<Lane> make_lane(const std::string& device) {
  // The calling thread does little tensor work, so it gets one OpenMP thread. With a second team there would be more threads than cores.
  // libgomp would then put waiting threads to sleep, and a training step would take a third longer.
  use_threads(1);
  keep_host_memory();
  const std::string_view text = device;
  if (text == "cpu") return std::make_unique<CpuLane>(std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 8));
  if (text.starts_with("cpu:")) {
    const auto threads = number_of(text.substr(4));
    if (!threads || *threads < 1 || *threads > 1024) refuse(device);
    return std::make_unique<CpuLane>(*threads);
  }
  const auto index = text.starts_with("cuda:") ? number_of(text.substr(5)) : std::nullopt;
  if (!index) refuse(device);
  return make_cuda(device, *index);
}

}  // namespace

void LEAT_JOIN(leat_register_, LEAT_FILE)(leat::Registry& registry) {
  registry.set_device(make_lane);
  // There are already as many workers as cores.
  registry.set_worker([] { use_threads(1); });
}
