#include "support/simulated_device.h"

#include <ATen/EmptyTensor.h>
#include <ATen/core/List.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/unfold_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/Allocator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

#include "tensor/dropout_operation.h"

namespace leat {

namespace {

constexpr auto type = c10::DeviceType::PrivateUse1;

std::atomic<std::int64_t> operations{0}, operations_of_graphs{0};

struct HostMemory final : c10::Allocator {
  c10::DataPtr allocate(std::size_t bytes) override {
    void* data = bytes > 0 ? std::aligned_alloc(64, (bytes + 63) / 64 * 64) : nullptr;
    // Indices that are not written yet are then indices all the same.
    if (data) std::memset(data, 0, bytes);
    return {data, data, &std::free, c10::Device(type, 0)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &std::free; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override { std::memcpy(to, from, bytes); }
};

HostMemory memory;

thread_local c10::StreamId current_stream = 0;
std::atomic<c10::StreamId> last_stream{0};

/// Streams whose work is done at once. They only tell whose work is captured.
struct Streams final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return leat::type; }
  c10::Device exchangeDevice(c10::Device) const override { return getDevice(); }
  c10::Device getDevice() const override { return {leat::type, 0}; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device device) const override { return c10::Stream(c10::Stream::UNSAFE, device, current_stream); }
  c10::Stream getDefaultStream(c10::Device device) const override { return c10::Stream(c10::Stream::UNSAFE, device, 0); }
  c10::Stream getNewStream(c10::Device device, int) const override { return c10::Stream(c10::Stream::UNSAFE, device, ++last_stream); }
  c10::Stream getStreamFromGlobalPool(c10::Device device, bool) const override { return getNewStream(device, 0); }
  c10::Stream exchangeStream(c10::Stream stream) const override {
    return c10::Stream(c10::Stream::UNSAFE, stream.device(), std::exchange(current_stream, stream.id()));
  }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  void record(void**, const c10::Stream&, c10::DeviceIndex, c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  void synchronizeEvent(void*) const override {}
  void synchronizeStream(const c10::Stream&) const override {}
  void destroyEvent(void*, c10::DeviceIndex) const noexcept override {}
};

struct Hooks final : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
};

/// The same memory as a tensor of the CPU.
at::Tensor on_cpu(const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.device().type() != type) return tensor;
  if (tensor.numel() > 0 && !tensor.storage().data())
    throw std::runtime_error("the simulated device is to read a tensor without memory, which a replayed step made");
  return at::for_blob(tensor.storage().mutable_data(), tensor.sizes())
      .strides(tensor.strides())
      .storage_offset(tensor.storage_offset())
      .options(tensor.options().device(at::kCPU).requires_grad(false))
      .make_tensor();
}

// ---- Graphs ----

/// The work of a graph. Tensors that the operations made are held, so that they keep their memory.
struct Work {
  std::vector<std::function<void()>> steps;
  std::vector<at::Tensor> held;
};

std::atomic<Work*> captured{nullptr};
std::atomic<c10::StreamId> captured_stream{0};
thread_local bool is_paused = false;

/// The graph that the work of this thread goes to, or null. Gradients are computed on another thread, but on the same stream.
Work* capturing() { return !is_paused && current_stream == captured_stream ? captured.load() : nullptr; }

/// While it lives, operations are done and not noted.
class Paused {
 public:
  Paused() : before_(std::exchange(is_paused, true)) {}
  ~Paused() { is_paused = before_; }
  Paused(const Paused&) = delete;
  Paused& operator=(const Paused&) = delete;

 private:
  bool before_;
};

void fill_with_nothing(const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.numel() == 0) return;
  const at::Tensor plain = on_cpu(tensor);
  if (plain.is_floating_point()) plain.fill_(std::numeric_limits<float>::quiet_NaN());
  else plain.zero_();
}

struct SimulatedGraph final : DeviceGraph {
  void begin() override {
    captured_stream = current_stream;
    captured = &work;
  }
  void end() override { captured = nullptr; }
  void launch() override {
    for (const auto& step : work.steps) step();
    operations_of_graphs += static_cast<std::int64_t>(work.steps.size());
  }
  Work work;
};

bool has_argument(const c10::OperatorHandle& operation, const std::function<bool(const c10::Argument&)>& is_it) {
  const auto& arguments = operation.schema().arguments();
  return std::any_of(arguments.begin(), arguments.end(), is_it);
}

bool writes_in_place(const c10::OperatorHandle& operation) {
  return has_argument(operation, [](const c10::Argument& one) { return one.alias_info() && one.alias_info()->isWrite(); });
}

/// Returns true if the operation writes into new tensors, whose size it has to set.
bool makes_sizes(const c10::OperatorHandle& operation, const torch::jit::Stack& arguments) {
  const auto& declared = operation.schema().arguments();
  for (std::size_t k = 0; k < declared.size(); ++k)
    if (declared[k].is_out() && arguments[k].isTensor() && arguments[k].toTensor().numel() == 0) return true;
  return false;
}

std::vector<at::Tensor> tensors_of(const torch::jit::Stack& stack, std::size_t first) {
  std::vector<at::Tensor> out;
  for (std::size_t k = first; k < stack.size(); ++k) {
    if (stack[k].isTensor()) out.push_back(stack[k].toTensor());
    else if (stack[k].isTensorList())
      for (const at::Tensor& tensor : stack[k].toTensorVector()) out.push_back(tensor);
  }
  return out;
}

/// Notes a computation: `again` returns its results, which are copied into those of the capture.
void note(const std::function<std::vector<at::Tensor>()>& again, const std::vector<at::Tensor>& results) {
  Work& work = *capturing();
  for (const at::Tensor& tensor : results) work.held.push_back(tensor);
  work.steps.push_back([again, results] {
    const std::vector<at::Tensor> computed = again();
    for (std::size_t k = 0; k < results.size(); ++k)
      if (results[k].defined() && !computed[k].is_same(results[k])) on_cpu(results[k]).copy_(on_cpu(computed[k]));
  });
  for (const at::Tensor& tensor : results) fill_with_nothing(tensor);
}

/// All operations that have no function below.
void compute(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
  ++operations;
  if (!capturing()) return at::native::cpu_fallback(operation, stack);
  const std::size_t count = operation.schema().arguments().size();
  const torch::jit::Stack arguments(stack->end() - static_cast<std::ptrdiff_t>(count), stack->end());
  const auto again = [operation, arguments] {
    torch::jit::Stack own = arguments;
    at::native::cpu_fallback(operation, &own);
    return tensors_of(own, own.size() - operation.schema().returns().size());
  };
  if (!writes_in_place(operation) || makes_sizes(operation, arguments)) {
    {
      const Paused paused;
      at::native::cpu_fallback(operation, stack);
    }
    note(again, tensors_of(*stack, stack->size() - operation.schema().returns().size()));
    return;
  }
  // Only the launch changes the tensors.
  capturing()->steps.push_back(again);
  std::vector<c10::IValue> results;
  for (std::size_t k = 0; k < count; ++k) {
    const auto* alias = operation.schema().arguments()[k].alias_info();
    if (alias && alias->isWrite() && results.size() < operation.schema().returns().size()) results.push_back(arguments[k]);
  }
  torch::jit::drop(*stack, count);
  for (c10::IValue& result : results) stack->push_back(std::move(result));
}

// ---- Operations that need the device's own memory, or that the CPU has no function for ----

at::Tensor empty(at::IntArrayRef sizes, std::optional<at::ScalarType> dtype, std::optional<at::Layout>, std::optional<at::Device>,
                 std::optional<bool>, std::optional<at::MemoryFormat> format) {
  at::Tensor out =
      at::detail::empty_generic(sizes, &memory, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1), dtype.value_or(at::kFloat), format);
  if (Work* work = capturing()) work->held.push_back(out);
  return out;
}

at::Tensor empty_strided(at::IntArrayRef sizes, at::IntArrayRef strides, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                         std::optional<at::Device>, std::optional<bool>) {
  at::Tensor out = at::detail::empty_strided_generic(sizes, strides, &memory, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                                     dtype.value_or(at::kFloat));
  if (Work* work = capturing()) work->held.push_back(out);
  return out;
}

at::Tensor copy_from(const at::Tensor& from, const at::Tensor& to, bool) {
  ++operations;
  const auto copy = [from, to] { on_cpu(to).copy_(on_cpu(from)); };
  if (capturing()) {
    if (to.device().is_cpu()) throw std::runtime_error("the host reads from the device while its work is captured");
    if (from.device().is_cpu()) throw std::runtime_error("the host's numbers would be the same in every step that is replayed");
    capturing()->steps.push_back(copy);
  } else {
    copy();
  }
  return to;
}

const at::Tensor& resize(const at::Tensor& tensor, at::SymIntArrayRef sizes, std::optional<at::MemoryFormat>) {
  if (tensor.sym_sizes() == sizes) return tensor;
  c10::TensorImpl* impl = tensor.unsafeGetTensorImpl();
  impl->set_sizes_contiguous(C10_AS_INTARRAYREF_SLOW(sizes));
  const auto bytes = static_cast<std::size_t>(tensor.numel() + tensor.storage_offset()) * tensor.element_size();
  if (tensor.storage().nbytes() < bytes) {
    const c10::Storage& storage = impl->unsafe_storage();
    storage.set_data_ptr_noswap(memory.allocate(bytes));
    storage.set_nbytes(bytes);
  }
  return tensor;
}

at::Tensor copy_from_and_resize(const at::Tensor& from, const at::Tensor& to) {
  resize(to, from.sym_sizes(), {});
  return copy_from(from, to, false);
}

at::Tensor to_simulated(const at::Tensor& tensor) {
  if (!tensor.defined()) return tensor;
  at::Tensor out = empty(tensor.sizes(), tensor.scalar_type(), {}, {}, {}, {});
  on_cpu(out).copy_(tensor);
  return out;
}

at::Tensor convolution(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias, at::IntArrayRef stride,
                       at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed, at::IntArrayRef output_padding,
                       std::int64_t groups) {
  ++operations;
  const auto again = [=, s = stride.vec(), p = padding.vec(), d = dilation.vec(), o = output_padding.vec()] {
    return std::vector{
        to_simulated(at::convolution(on_cpu(x), on_cpu(weight), bias ? on_cpu(*bias) : at::Tensor(), s, p, d, transposed, o, groups))};
  };
  std::vector<at::Tensor> out = again();
  if (capturing()) note(again, out);
  return out[0];
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> convolution_backward(const at::Tensor& gradient, const at::Tensor& x,
                                                                    const at::Tensor& weight, at::IntArrayRef stride,
                                                                    at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
                                                                    at::IntArrayRef output_padding, std::int64_t groups,
                                                                    std::array<bool, 3> wanted) {
  ++operations;
  const auto again = [=, s = stride.vec(), p = padding.vec(), d = dilation.vec(), o = output_padding.vec()] {
    const auto [of_x, of_weight, of_bias] = at::convolution_backward(
        on_cpu(gradient), on_cpu(x), on_cpu(weight), at::OptionalIntArrayRef(weight.size(0)), s, p, d, transposed, o, groups, wanted);
    return std::vector{to_simulated(of_x), to_simulated(of_weight), to_simulated(of_bias)};
  };
  std::vector<at::Tensor> out = again();
  if (capturing()) note(again, out);
  return {out[0], out[1], out[2]};
}

/// The kernel for a GPU, one thread after another.
at::Tensor dropout(const at::Tensor& x, const at::Tensor& keys, std::int64_t layer, std::int64_t threshold, double scale) {
  ++operations;
  at::Tensor out = empty(x.sizes(), x.scalar_type(), {}, {}, {}, {});
  const DropoutRule rule{static_cast<std::uint32_t>(threshold), static_cast<float>(scale)};
  const DropoutLaunch launch = dropout_launch(x, keys, layer, rule, out);
  const auto again = [launch, groups = dropout_groups(x, launch), x, keys] {
    for (unsigned group = 0; group < groups; ++group)
      for (unsigned thread = 0; thread < dropout_threads; ++thread) drop_eight_values(launch, group, thread);
  };
  if (Work* work = capturing()) {
    work->steps.push_back(again);
    fill_with_nothing(out);
  } else {
    again();
  }
  return out;
}

at::Tensor as_strided(const at::Tensor& tensor, at::SymIntArrayRef sizes, at::SymIntArrayRef strides, std::optional<c10::SymInt> offset) {
  return at::native::as_strided_tensorimpl(tensor, C10_AS_INTARRAYREF_SLOW(sizes), C10_AS_INTARRAYREF_SLOW(strides),
                                           offset ? std::optional(offset->guard_int(__FILE__, __LINE__)) : std::nullopt);
}

at::Tensor view(const at::Tensor& tensor, at::SymIntArrayRef sizes) { return at::native::view(tensor, C10_AS_INTARRAYREF_SLOW(sizes)); }

at::Tensor reshape_alias(const at::Tensor& tensor, at::SymIntArrayRef sizes, at::SymIntArrayRef strides) {
  return at::native::_reshape_alias(tensor, C10_AS_INTARRAYREF_SLOW(sizes), C10_AS_INTARRAYREF_SLOW(strides));
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, library) { library.fallback(torch::CppFunction::makeFromBoxedFunction<&compute>()); }

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("empty.memory_format", &empty);
  library.impl("empty_strided", &empty_strided);
  library.impl("_copy_from", &copy_from);
  library.impl("_copy_from_and_resize", &copy_from_and_resize);
  library.impl("resize_", &resize);
  library.impl("as_strided", &as_strided);
  library.impl("unfold", &at::native::unfold);
  library.impl("view", &view);
  library.impl("view.dtype", &at::native::view_dtype);
  library.impl("_reshape_alias", &reshape_alias);
  library.impl("convolution_overrideable", &convolution);
  library.impl("convolution_backward_overrideable", &convolution_backward);
}

TORCH_LIBRARY_IMPL(leat, PrivateUse1, library) { library.impl("dropout", &dropout); }

}  // namespace

at::Device simulated_device() {
  static const bool is_there = [] {
    static Streams streams;
    c10::impl::registerDeviceGuard(type, &streams);
    c10::register_privateuse1_backend("simulated");
    c10::SetAllocator(type, &memory);
    at::RegisterPrivateUse1HooksInterface(new Hooks);
    return true;
  }();
  static_cast<void>(is_there);
  return {type, 0};
}

std::unique_ptr<DeviceGraph> make_simulated_graph() { return std::make_unique<SimulatedGraph>(); }

std::string prepare_simulated_dropout(at::Device) { return {}; }

std::int64_t simulated_operations() { return operations; }

std::int64_t simulated_operations_of_graphs() { return operations_of_graphs; }

}  // namespace leat
