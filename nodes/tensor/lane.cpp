#include "leat/lane.h"

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/Exception.h>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "leat/registry.h"
#include "leat/tensor.h"
#include "leat/work_thread.h"
#include "tensor/host_memory.h"
#include "tensor/threads.h"
#include "tensor/to_device.h"

namespace {
using namespace leat;

/// Returns the value with each of its tensors replaced. A value without tensors is unchanged.
template <class Replace>
Value replaced(Value value, const Replace& replace) {
  if (value.is<at::Tensor>()) return Value::of<at::Tensor>(replace(value.as<at::Tensor>()));
  std::vector<Value> parts = value.parts();
  if (parts.empty()) return value;
  for (Value& part : parts) part = replaced(std::move(part), replace);
  return value.type().whole(std::move(parts));
}

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

/// A CUDA device. The plain lane waits for every copy. The asynchronous one gives copies and kernels to one stream, and a second thread
/// waits for events of this stream.
class CudaLane final : public Lane {
 public:
  explicit CudaLane(int index)
      : device_(at::kCUDA, static_cast<c10::DeviceIndex>(index)),
        thread_([device = device_] { c10::impl::VirtualGuardImpl(device.type()).setDevice(device); }) {}

  std::string name() const override { return device_.str(); }
  /// The number of a device does not change the results.
  bool continues(const std::string& begun_on) const override { return begun_on.starts_with("cuda:"); }
  std::string device() const override { return device_.str(); }
  void set_mode(std::string_view mode) override {
    if (mode == "plain") return;
    if (mode != "async") return Lane::set_mode(mode);
    reader_stream_ = c10::impl::VirtualGuardImpl(device_.type()).getStreamFromGlobalPool(device_);
    ends_ = std::make_unique<WorkThread>();
    thread_.post([] { set_copies_wait(false); });
  }
  bool is_async() const override { return ends_ != nullptr; }
  void submit(std::function<void()> work) override { thread_.post(std::move(work)); }
  void enter(bool with_gradients) override { c10::GradMode::set_enabled(with_gradients); }
  Value upload(Value value) override {
    return replaced(std::move(value), [this](const at::Tensor& tensor) { return to_device(tensor, device_); });
  }
  Value fetch(Value value) override {
    return replaced(std::move(value), [](const at::Tensor& tensor) { return tensor.detach().to(at::kCPU); });
  }
  void when_done(std::function<void(std::exception_ptr)> done) override {
    if (!ends_) return done(nullptr);
    auto event = std::make_shared<c10::Event>(device_.type());
    event->record(c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
    ends_->post([this, event = std::move(event), done = std::move(done)] {
      std::exception_ptr error;
      try {
        event->synchronize();
      } catch (...) {
        error = std::current_exception();
      }
      read([&] { done(error); });
    });
  }
  /// Reads in a stream of its own, because a copy waits for all that is in its stream.
  void read(const std::function<void()>& work) override {
    const c10::OptionalStreamGuard guard(reader_stream_);
    work();
  }
  bool is_device_fault(const std::exception_ptr& error) const override {
    try {
      std::rethrow_exception(error);
    } catch (const c10::AcceleratorError&) {
      return true;
    } catch (...) {
      return false;
    }
  }

 private:
  at::Device device_;
  std::optional<c10::Stream> reader_stream_;  ///< Null if the lane is plain, as the next member.
  std::unique_ptr<WorkThread> ends_;
  WorkThread thread_;  ///< Joined first, because its work posts to `ends_`.
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
  return std::make_unique<CudaLane>(index);
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
