#include "tensor/segment_recording.h"

#include <ATen/core/enum_tag.h>
#include <ATen/core/grad_mode.h>
#include <ATen/core/List.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/library.h>
#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "leat/check.h"

// LibTorch's dispatcher looks at a list of keys before it calls the kernel of an operation. `TESTING_ONLY_GenericMode` is the first of them
// that nothing else uses, and comes before those of gradients. It is switched on for the lane's thread while the nodes of a segment run, so
// each of their operations comes here first, with its arguments in boxes.
namespace leat {

namespace {

constexpr auto key = c10::DispatchKey::TESTING_ONLY_GenericMode;
constexpr int most_unequal = 6;           // The first steps of a training differ, because states are empty.
constexpr std::int64_t alignment = 512;   // Of staged numbers in their buffer, as of memory from LibTorch's allocators.

thread_local SegmentRecording* running_here = nullptr;

/// Switches the calls off that come from within an operation.
using Quiet = c10::impl::ExcludeDispatchKeyGuard;

void on_call(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
  if (SegmentRecording* recording = SegmentRecording::running()) return recording->call(operation, *stack);
  const Quiet quiet(key);
  operation.callBoxed(stack);
}

/// Registers `on_call` once per process.
void register_calls() {
  static const auto library = [] {
    auto out = std::make_unique<torch::Library>(torch::Library::IMPL, "_", key, __FILE__, __LINE__);
    out->fallback(torch::CppFunction::makeFromBoxedFunction<&on_call>());
    return out;
  }();
  static_cast<void>(library);
}

std::string name_of(const c10::OperatorHandle& operation) {
  const c10::OperatorName& name = operation.operator_name();
  return name.overload_name.empty() ? name.name : name.name + "." + name.overload_name;
}

/// Calls `take(tensor)` for each tensor in a value of the dispatcher.
template <class Take>
void each_tensor(const c10::IValue& value, Take take) {
  if (value.isTensor()) {
    take(value.toTensor());
  } else if (value.isTensorList()) {
    for (const at::Tensor& tensor : value.toTensorVector()) take(tensor);
  } else if (value.isOptionalTensorList()) {
    for (const std::optional<at::Tensor>& tensor : value.toOptionalTensorVector()) take(tensor.value_or(at::Tensor()));
  }
}

bool has_tensors(const c10::IValue& value) { return value.isTensor() || value.isTensorList() || value.isOptionalTensorList(); }

/// Returns the value with its tensors replaced, in their order.
template <class Replace>
c10::IValue with_tensors(const c10::IValue& value, Replace replace) {
  if (value.isTensor()) return replace(value.toTensor());
  if (value.isTensorList()) {
    c10::List<at::Tensor> out;
    for (const at::Tensor& tensor : value.toTensorVector()) out.push_back(replace(tensor));
    return out;
  }
  if (value.isOptionalTensorList()) {
    c10::List<std::optional<at::Tensor>> out;
    for (const std::optional<at::Tensor>& tensor : value.toOptionalTensorVector())
      out.push_back(tensor ? std::optional(replace(*tensor)) : std::nullopt);
    return out;
  }
  return value;
}

/// Returns an argument without its tensors: none, or the number of tensors in a list.
c10::IValue without_tensors(const c10::IValue& value) {
  if (value.isTensor()) return {};
  if (!has_tensors(value)) return value;
  std::int64_t count = 0;
  each_tensor(value, [&count](const at::Tensor&) { ++count; });
  return count;
}

bool is_equal(const c10::IValue& a, const c10::IValue& b) {
  if (a.isDouble() && b.isDouble()) {
    const double x = a.toDouble(), y = b.toDouble();
    return std::memcmp(&x, &y, sizeof x) == 0;
  }
  if (a.isInt() && b.isInt()) return a.toInt() == b.toInt();
  if (a.isBool() && b.isBool()) return a.toBool() == b.toBool();
  if (a.isString() && b.isString()) return a.toStringRef() == b.toStringRef();
  if (a.isDevice() && b.isDevice()) return a.toDevice() == b.toDevice();
  if (a.isList() && b.isList()) {
    const auto x = a.toListRef(), y = b.toListRef();
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), is_equal);
  }
  return a.isNone() && b.isNone();
}

bool is_number(const at::Tensor& tensor) { return tensor.defined() && tensor.device().is_cpu() && tensor.dim() == 0; }

bool is_same_number(const at::Tensor& a, const at::Tensor& b) {
  return a.scalar_type() == b.scalar_type() && std::memcmp(a.const_data_ptr(), b.const_data_ptr(), a.element_size()) == 0;
}

/// Operations that ask only what a tensor looks like.
bool is_about_looks(std::string_view name) {
  static constexpr std::array names{"aten::size.",         "aten::stride.",       "aten::sym_size.",    "aten::sym_stride.",
                                    "aten::sym_numel",     "aten::sym_storage_offset", "aten::is_floating_point", "aten::is_complex",
                                    "aten::is_signed",     "aten::is_same_size",  "aten::result_type.", "aten::can_cast",
                                    "aten::is_pinned",     "aten::_version",      "aten::is_leaf",      "aten::output_nr",
                                    "aten::_has_compatible_shallow_copy_type"};
  return std::any_of(names.begin(), names.end(), [name](std::string_view begin) { return name.starts_with(begin); });
}

bool returns_tensors(const c10::OperatorHandle& operation) {
  const auto& returns = operation.schema().returns();
  return returns.empty() || std::any_of(returns.begin(), returns.end(), [](const c10::Argument& one) {
           return one.type()->kind() == c10::TypeKind::TensorType ||
                  (one.type()->kind() == c10::TypeKind::ListType && one.type()->str().find("Tensor") != std::string::npos);
         });
}

bool is_copy(std::string_view name) { return name.starts_with("aten::to.") || name == "aten::_to_copy"; }

/// One number of C++ as a tensor: `at::full({}, number, options)`.
bool is_one_number(std::string_view name, const torch::jit::Stack& stack, std::size_t first) {
  return name == "aten::full" && stack[first].isIntList() && stack[first].toIntVector().empty();
}

}  // namespace

/// While it lives, the operations of this thread come to the recording.
class SegmentRecording::Running {
 public:
  explicit Running(SegmentRecording* recording) : included_(key) { running_here = recording; }
  ~Running() { running_here = nullptr; }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  c10::impl::IncludeDispatchKeyGuard included_;
};

SegmentRecording* SegmentRecording::running() { return running_here; }

SegmentRecording::SegmentRecording(at::Device device, MakeDeviceGraph make_graph) : device_(device), make_graph_(std::move(make_graph)) {
  register_calls();
}

SegmentRecording::~SegmentRecording() = default;

void SegmentRecording::run(const std::function<void()>& nodes) {
  forget_step();
  if (!why_not_.empty()) {
    doing_ = Doing::Watching;
    return nodes();
  }
  if (graph_) return replay(nodes);
  if (!before_.operations.empty() && unequal_ == 0) return capture(nodes);
  watch(nodes);
}

void SegmentRecording::forget_step() {
  next_ = 0;
  known_.clear();
  held_.clear();
  later_.clear();
  buffer_.reset();
  for (External& one : trace_.externals) one.current.reset();
}

void SegmentRecording::refuse(const std::string& why) {
  if (why_not_.empty()) why_not_ = why;
}

void SegmentRecording::fail(const std::string& fact) const {
  throw std::runtime_error("it gives the device other work in this step than in the steps before, so `--lane captured` cannot run it: " + fact +
                           "; use `--lane async`");
}

// ---- The first steps ----

void SegmentRecording::watch(const std::function<void()>& nodes) {
  doing_ = Doing::Watching;
  before_ = std::exchange(trace_, {});
  {
    const Running here(this);
    nodes();
  }
  if (!why_not_.empty()) {
    trace_ = before_ = {};
    return;
  }
  std::string difference;
  const std::size_t count = std::min(trace_.operations.size(), before_.operations.size());
  for (std::size_t k = 0; k < count && difference.empty(); ++k) {
    const RecordedOperation &one = trace_.operations[k], &other = before_.operations[k];
    const bool is_same = one.name == other.name && one.inputs == other.inputs && one.results == other.results &&
                         std::equal(one.arguments.begin(), one.arguments.end(), other.arguments.begin(), other.arguments.end(), is_equal);
    if (!is_same) difference = "`" + one.name + "` is another call than `" + other.name + "` of the step before";
  }
  const bool is_first = before_.operations.empty();
  if (difference.empty() && trace_.operations.size() != before_.operations.size())
    difference = std::to_string(trace_.operations.size()) + " calls instead of " + std::to_string(before_.operations.size());
  for (std::size_t k = 0; k < std::min(trace_.numbers.size(), before_.numbers.size()) && difference.empty(); ++k)
    if (!is_same_number(trace_.numbers[k], before_.numbers[k])) difference = "a number of C++ differs from that of the step before";
  for (std::size_t k = 0; k < std::min(trace_.externals.size(), before_.externals.size()); ++k)
    trace_.externals[k].changes = !trace_.externals[k].tensor.is_same(before_.externals[k].tensor);
  if (is_first) {
    unequal_ = 1;
  } else if (difference.empty()) {
    unequal_ = 0;
  } else if (++unequal_ > most_unequal) {
    refuse("its steps differ: " + difference);
    trace_ = before_ = {};
  }
}

void SegmentRecording::call(const c10::OperatorHandle& operation, torch::jit::Stack& stack) {
  const std::size_t first = stack.size() - operation.schema().arguments().size();
  const Quiet quiet(key);
  if (!is_device_work(operation, stack, first)) return operation.callBoxed(stack);
  if (doing_ == Doing::Watching) return watch_call(operation, stack);
  repeat_call(operation, stack);
}

bool SegmentRecording::is_device_work(const c10::OperatorHandle& operation, const torch::jit::Stack& stack, std::size_t first) const {
  bool has_device = false;
  for (std::size_t k = first; k < stack.size() && !has_device; ++k) {
    if (stack[k].isDevice()) has_device = stack[k].toDevice().type() == device_.type();
    each_tensor(stack[k], [&](const at::Tensor& tensor) { has_device = has_device || is_of_device(tensor); });
  }
  return has_device && (returns_tensors(operation) || !is_about_looks(name_of(operation)));
}

void SegmentRecording::watch_call(const c10::OperatorHandle& operation, torch::jit::Stack& stack) {
  const std::size_t first = stack.size() - operation.schema().arguments().size();
  RecordedOperation out;
  out.name = name_of(operation);
  std::vector<at::Tensor> given;
  for (std::size_t k = first; k < stack.size(); ++k) {
    out.arguments.push_back(without_tensors(stack[k]));
    each_tensor(stack[k], [&given](const at::Tensor& tensor) { given.push_back(tensor); });
  }
  const bool is_staged_number = is_one_number(out.name, stack, first);
  const bool is_staged_copy = is_copy(out.name) && !given.empty() && given.front().device().is_cpu();
  if (is_staged_number) out.arguments[1] = {};
  if (!is_staged_copy)
    for (const at::Tensor& tensor : given) out.inputs.push_back(token_of(tensor));
  const at::ScalarType came = is_staged_copy ? given.front().scalar_type() : at::kFloat;
  if (operation.hasTag(at::Tag::nondeterministic_seeded)) refuse("`" + out.name + "` draws random numbers of LibTorch's own");

  operation.callBoxed(stack);

  const std::size_t results = operation.schema().returns().size();
  for (std::size_t k = stack.size() - results; k < stack.size(); ++k) {
    if (!has_tensors(stack[k])) {
      refuse("`" + out.name + "` reads from the device");
      return;
    }
    out.result_kinds.push_back(without_tensors(stack[k]));
    each_tensor(stack[k], [&](const at::Tensor& tensor) {
      if (tensor.defined() && !is_of_device(tensor)) refuse("`" + out.name + "` reads from the device");
      out.results.push_back(added_result(tensor, out.inputs, given));
      if ((!is_staged_number && !is_staged_copy) || out.results.back().kind != TensorToken::Kind::Result) return;
      if (is_staged_copy && came != tensor.scalar_type()) refuse("`" + out.name + "` changes the type of numbers on their way to the device");
      out.staged = static_cast<int>(trace_.staged.size());
      trace_.staged.push_back({tensor.sizes().vec(), tensor.scalar_type(), trace_.staged_bytes, {}});
      const auto bytes = static_cast<std::int64_t>(tensor.nbytes());
      trace_.staged_bytes += (bytes + alignment - 1) / alignment * alignment;
    });
  }
  trace_.operations.push_back(std::move(out));
}

TensorToken SegmentRecording::token_of(const at::Tensor& tensor) {
  if (!tensor.defined()) return {};
  if (!is_of_device(tensor)) {
    if (!is_number(tensor)) refuse("an operation takes a tensor of the host");
    trace_.numbers.push_back(tensor);
    return {TensorToken::Kind::Number, static_cast<int>(trace_.numbers.size()) - 1};
  }
  const auto found = known_.find(tensor.unsafeGetTensorImpl());
  if (found != known_.end()) return found->second;
  const TensorToken token{TensorToken::Kind::External, static_cast<int>(trace_.externals.size())};
  trace_.externals.push_back({tensor, false, {}, {}});
  known_.emplace(tensor.unsafeGetTensorImpl(), token);
  return token;
}

TensorToken SegmentRecording::added_result(const at::Tensor& tensor, const std::vector<TensorToken>& inputs,
                                           const std::vector<at::Tensor>& given) {
  if (!tensor.defined()) return {};
  // An operation in place returns what it got.
  for (std::size_t k = 0; k < inputs.size(); ++k)
    if (given[k].is_same(tensor)) return inputs[k];
  const TensorToken token{TensorToken::Kind::Result, static_cast<int>(trace_.looks.size())};
  trace_.looks.push_back(
      {tensor.sizes().vec(), tensor.strides().vec(), tensor.scalar_type(), tensor.key_set(), tensor.requires_grad()});
  note_result(tensor, token.index);
  return token;
}

void SegmentRecording::note_result(const at::Tensor& tensor, int index) {
  known_[tensor.unsafeGetTensorImpl()] = {TensorToken::Kind::Result, index};
  held_.emplace_back(tensor.getIntrusivePtr());
}

// ---- The step that is captured ----

void SegmentRecording::capture(const std::function<void()>& nodes) {
  doing_ = Doing::Capturing;
  before_ = {};
  const auto bytes = at::TensorOptions(device_).dtype(at::kByte);
  staged_ = at::empty({std::max<std::int64_t>(trace_.staged_bytes, 1)}, bytes);
  for (Staged& one : trace_.staged) {
    std::int64_t count = 1;
    for (const std::int64_t size : one.sizes) count *= size;
    const auto length = count * static_cast<std::int64_t>(c10::elementSize(one.type));
    one.on_device = staged_.narrow(0, one.offset, length).view(one.type).view(one.sizes);
  }
  for (External& one : trace_.externals)
    if (one.changes) one.fixed = at::empty_like(one.tensor.detach());
  buffer_ = at::empty({trace_.staged_bytes}, at::TensorOptions().dtype(at::kByte).pinned_memory(device_.is_cuda()));
  auto graph = make_graph_();
  graph->begin();
  try {
    {
      const Running here(this);
      nodes();
    }
    if (next_ != trace_.operations.size()) fail("it ends before `" + trace_.operations[next_].name + "`");
  } catch (...) {
    try {
      graph->end();
    } catch (...) {
      // The first fault is told.
    }
    throw;
  }
  graph->end();
  graph_ = std::move(graph);
  make_shadows();
  launch();
}

at::Tensor SegmentRecording::standing_for(const TensorToken& token, const at::Tensor& given) const {
  if (token.kind != TensorToken::Kind::External) return given;
  const External& one = trace_.externals[static_cast<std::size_t>(token.index)];
  return one.changes ? one.fixed : given;
}

const RecordedOperation& SegmentRecording::next_operation(std::string_view name) {
  if (next_ == trace_.operations.size()) fail("`" + std::string(name) + "` is a call too many");
  const RecordedOperation& recorded = trace_.operations[next_++];
  if (recorded.name != name) fail("`" + std::string(name) + "` instead of `" + recorded.name + "`");
  return recorded;
}

void SegmentRecording::check_token(const RecordedOperation& recorded, const TensorToken& token, const at::Tensor& given) {
  const auto differs = [&](const char* how) { fail("`" + recorded.name + "` gets " + how); };
  switch (token.kind) {
    case TensorToken::Kind::Undefined:
      if (given.defined()) differs("a tensor more");
      return;
    case TensorToken::Kind::Number:
      if (!is_number(given) || !is_same_number(given, trace_.numbers[static_cast<std::size_t>(token.index)])) differs("another number");
      return;
    case TensorToken::Kind::Result: {
      const auto& known = doing_ == Doing::Replaying ? known_shadows_ : known_;
      const auto found = given.defined() ? known.find(given.unsafeGetTensorImpl()) : known.end();
      if (found == known.end() || found->second != token) differs("another tensor");
      return;
    }
    case TensorToken::Kind::External:
      break;
  }
  External& one = trace_.externals[static_cast<std::size_t>(token.index)];
  if (!one.changes) {
    if (!given.is_same(one.tensor)) differs("another tensor");
    return;
  }
  if (!is_of_device(given) || given.sizes() != one.tensor.sizes() || given.scalar_type() != one.tensor.scalar_type())
    differs("a tensor of another shape");
  if (!one.current.defined()) one.current = given;
  else if (!one.current.is_same(given)) differs("another tensor");
}

void SegmentRecording::stage(const RecordedOperation& recorded, const at::Tensor& host) {
  const Staged& staged = trace_.staged[static_cast<std::size_t>(recorded.staged)];
  if (host.sizes() != at::IntArrayRef(staged.sizes) || host.scalar_type() != staged.type)
    fail("`" + recorded.name + "` brings numbers of another shape");
  const at::Tensor values = host.contiguous();
  std::memcpy(buffer_.mutable_data_ptr<std::uint8_t>() + staged.offset, values.const_data_ptr(), values.nbytes());
}

void SegmentRecording::repeat_call(const c10::OperatorHandle& operation, torch::jit::Stack& stack) {
  const std::size_t count = operation.schema().arguments().size(), first = stack.size() - count;
  const RecordedOperation& recorded = next_operation(name_of(operation));
  const bool is_staged_number = is_one_number(recorded.name, stack, first);
  std::size_t input = 0;
  const bool checks_inputs = !recorded.inputs.empty();
  for (std::size_t k = 0; k < count; ++k) {
    if (is_staged_number && k == 1) continue;
    const c10::IValue& argument = stack[first + k];
    if (!is_equal(without_tensors(argument), recorded.arguments[k]))
      fail("argument " + std::to_string(k) + " of `" + recorded.name + "` differs");
    if (checks_inputs)
      each_tensor(argument, [&](const at::Tensor& tensor) { check_token(recorded, recorded.inputs.at(input++), tensor); });
  }
  if (recorded.staged >= 0) {
    const Staged& staged = trace_.staged[static_cast<std::size_t>(recorded.staged)];
    stage(recorded, is_staged_number ? at::full({}, stack[first + 1].toScalar(), at::TensorOptions().dtype(staged.type))
                                     : stack[first].toTensor());
    torch::jit::drop(stack, count);
    const int index = recorded.results.front().index;
    if (doing_ == Doing::Replaying) {
      stack.emplace_back(shadows_[static_cast<std::size_t>(index)]);
    } else {
      // Another object than that of other steps, which can be marked as needing gradients.
      const at::Tensor own = staged.on_device.detach();
      note_result(own, index);
      stack.emplace_back(own);
    }
    return;
  }
  if (doing_ == Doing::Replaying) {
    torch::jit::drop(stack, count);
    std::size_t result = 0;
    const auto tensor = [&]() -> at::Tensor {
      const TensorToken& token = recorded.results.at(result++);
      if (token.kind == TensorToken::Kind::Result) return shadows_[static_cast<std::size_t>(token.index)];
      if (token.kind == TensorToken::Kind::Undefined) return {};
      const External& one = trace_.externals[static_cast<std::size_t>(token.index)];
      return one.changes ? one.current : one.tensor;
    };
    for (const c10::IValue& shape : recorded.result_kinds) {
      if (!shape.isInt()) {
        stack.emplace_back(tensor());
        continue;
      }
      c10::List<at::Tensor> list;
      for (std::int64_t k = 0; k < shape.toInt(); ++k) list.push_back(tensor());
      stack.emplace_back(std::move(list));
    }
    return;
  }
  std::vector<at::Tensor> given;
  input = 0;
  for (std::size_t k = 0; k < count; ++k)
    if (has_tensors(stack[first + k]))
      stack[first + k] = with_tensors(stack[first + k], [&](const at::Tensor& tensor) {
        given.push_back(standing_for(recorded.inputs.at(input++), tensor));
        return given.back();
      });
  operation.callBoxed(stack);
  std::size_t result = 0;
  for (std::size_t k = stack.size() - operation.schema().returns().size(); k < stack.size(); ++k)
    stack[k] = with_tensors(stack[k], [&](const at::Tensor& tensor) {
      const TensorToken& token = recorded.results.at(result++);
      if (token.kind == TensorToken::Kind::Result) {
        if (known_.find(tensor.unsafeGetTensorImpl()) == known_.end()) note_result(tensor, token.index);
        return tensor;
      }
      if (token.kind != TensorToken::Kind::External) return tensor;
      // The node goes on with the tensor that it gave.
      const External& one = trace_.externals[static_cast<std::size_t>(token.index)];
      return one.changes ? one.current : tensor;
    });
}

std::vector<at::Tensor> SegmentRecording::call_one(std::string_view name, const std::vector<at::Tensor>& tensors,
                                                   const std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)>& work) {
  const Quiet quiet(key);
  if (doing_ == Doing::Watching) {
    RecordedOperation out;
    out.name = name;
    for (const at::Tensor& tensor : tensors) out.inputs.push_back(token_of(tensor));
    std::vector<at::Tensor> results = work(tensors);
    for (const at::Tensor& tensor : results) out.results.push_back(added_result(tensor, out.inputs, tensors));
    trace_.operations.push_back(std::move(out));
    return results;
  }
  const RecordedOperation& recorded = next_operation(name);
  if (tensors.size() != recorded.inputs.size()) fail("`" + recorded.name + "` gets another number of tensors");
  std::vector<at::Tensor> given;
  for (std::size_t k = 0; k < tensors.size(); ++k) {
    check_token(recorded, recorded.inputs[k], tensors[k]);
    given.push_back(standing_for(recorded.inputs[k], tensors[k]));
  }
  std::vector<at::Tensor> results;
  if (doing_ == Doing::Replaying) {
    for (const TensorToken& token : recorded.results)
      results.push_back(token.kind == TensorToken::Kind::Undefined ? at::Tensor()
                        : token.kind == TensorToken::Kind::Result
                            ? shadows_[static_cast<std::size_t>(token.index)]
                            : trace_.externals[static_cast<std::size_t>(token.index)].tensor);
    return results;
  }
  results = work(given);
  for (std::size_t k = 0; k < results.size(); ++k)
    if (results[k].defined() && recorded.results.at(k).kind == TensorToken::Kind::Result)
      note_result(results[k], recorded.results[k].index);
  return results;
}

// ---- Later steps ----

at::Tensor SegmentRecording::shadow_of(const Look& look) const {
  c10::Storage storage(c10::Storage::use_byte_size_t(), 0, c10::DataPtr(nullptr, device_), nullptr, /*resizable=*/false);
  at::Tensor out = at::detail::make_tensor<at::TensorImpl>(std::move(storage), look.keys, c10::scalarTypeToTypeMeta(look.type));
  out.unsafeGetTensorImpl()->set_sizes_and_strides(look.sizes, look.strides);
  if (look.requires_grad) out.set_requires_grad(true);
  return out;
}

void SegmentRecording::make_shadows() {
  for (const Look& look : trace_.looks) {
    shadows_.push_back(shadow_of(look));
    known_shadows_[shadows_.back().unsafeGetTensorImpl()] = {TensorToken::Kind::Result, static_cast<int>(shadows_.size()) - 1};
  }
}

void SegmentRecording::replay(const std::function<void()>& nodes) {
  doing_ = Doing::Replaying;
  buffer_ = at::empty({trace_.staged_bytes}, at::TensorOptions().dtype(at::kByte).pinned_memory(device_.is_cuda()));
  {
    const Running here(this);
    nodes();
  }
  if (next_ != trace_.operations.size()) fail("it ends before `" + trace_.operations[next_].name + "`");
  launch();
}

void SegmentRecording::launch() {
  const at::NoGradGuard no_gradients;
  if (trace_.staged_bytes > 0) staged_.narrow(0, 0, trace_.staged_bytes).copy_(buffer_, /*non_blocking=*/true);
  for (External& one : trace_.externals)
    if (one.changes && one.current.defined()) one.fixed.copy_(one.current);
  graph_->launch();
  settle_kept();
}

void SegmentRecording::settle_kept() {
  for (const auto& [place, index] : later_)
    if (index >= 0) *place = kept_.at(index).clone();
  later_.clear();
}

KeptTensor SegmentRecording::keep_later(const at::Tensor& tensor) {
  const Quiet quiet(key);
  auto place = std::make_shared<at::Tensor>(tensor);
  if (doing_ == Doing::Watching) return place;
  const auto& known = doing_ == Doing::Replaying ? known_shadows_ : known_;
  const auto found = known.find(tensor.unsafeGetTensorImpl());
  if (found == known.end()) return place;
  const int index = found->second.index;
  if (doing_ == Doing::Capturing) kept_[index] = tensor.detach();
  else if (!kept_.contains(index)) fail("it keeps another tensor");
  place->reset();
  later_.emplace_back(place, index);
  return place;
}

at::Tensor SegmentRecording::keep(const at::Tensor& tensor) {
  if (doing_ == Doing::Watching || !tensor.defined()) return tensor;
  const auto& known = doing_ == Doing::Replaying ? known_shadows_ : known_;
  const auto found = known.find(tensor.unsafeGetTensorImpl());
  if (found == known.end() || found->second.kind != TensorToken::Kind::Result) return tensor;
  const int index = found->second.index;
  if (doing_ == Doing::Capturing) kept_[index] = tensor.detach();
  else if (!kept_.contains(index)) fail("it keeps another tensor");
  const at::NoGradGuard no_gradients;
  return kept_.at(index).clone();
}

// ---- What code of nodes calls ----

KeptTensor keep_tensor(const at::Tensor& tensor) {
  if (SegmentRecording* recording = SegmentRecording::running()) return recording->keep_later(tensor);
  return std::make_shared<const at::Tensor>(tensor);
}

std::vector<at::Tensor> as_one_operation(std::string_view name, const std::vector<at::Tensor>& tensors,
                                         const std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)>& work) {
  if (SegmentRecording* recording = SegmentRecording::running()) return recording->call_one(name, tensors, work);
  return work(tensors);
}

}  // namespace leat
