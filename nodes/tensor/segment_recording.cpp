#include "tensor/segment_recording.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "leat/thrown.h"
#include "tensor/boxed_calls.h"

namespace leat {

namespace {

constexpr int most_unequal = 6;  // The first steps of a training differ, for example because moments are empty.

/// Returns a tensor that looks like a result and has no memory. To read it throws.
at::Tensor shadow_of(const SegmentTrace::Look& look, at::Device device) {
  c10::Storage storage(c10::Storage::use_byte_size_t(), 0, c10::DataPtr(nullptr, device), nullptr, /*resizable=*/false);
  at::Tensor out = at::detail::make_tensor<at::TensorImpl>(std::move(storage), look.keys, c10::scalarTypeToTypeMeta(look.type));
  out.unsafeGetTensorImpl()->set_sizes_and_strides(look.sizes, look.strides);
  if (look.requires_grad) out.set_requires_grad(true);
  return out;
}

}  // namespace

// There is no other kind of taker.
SegmentRecording* SegmentRecording::running() { return static_cast<SegmentRecording*>(TakingCalls::taker()); }

SegmentRecording::SegmentRecording(at::Device device, MakeDeviceGraph make_graph) : device_(device), make_graph_(std::move(make_graph)) {}

SegmentRecording::~SegmentRecording() = default;

void SegmentRecording::fail(const std::string& fact) const {
  throw std::runtime_error(
      "it gives the device different operations in this step than in the steps before, so `--lane captured` cannot run it: " + fact +
      "; use `--lane async`");
}

void SegmentRecording::run(const std::function<void()>& nodes) {
  if (!why_not_.empty()) {
    begin_step(Doing::Tracing);
    return nodes();
  }
  if (graph_) return replay(nodes);
  if (!trace_.calls.empty() && unequal_ == 0) return capture(nodes);
  trace(nodes);
}

void SegmentRecording::begin_step(Doing doing) {
  doing_ = doing;
  next_ = 0;
  known_.clear();
  later_.clear();
  current_.assign(trace_.externals.size(), at::Tensor());
  buffer_.reset();
  // Pinned, so that the copy to the device does not wait. LibTorch reuses such memory when its copies are done.
  if (doing != Doing::Tracing)
    buffer_ = at::empty({trace_.staged_bytes}, at::TensorOptions().dtype(at::kByte).pinned_memory(device_.is_cuda()));
}

void SegmentRecording::trace(const std::function<void()>& nodes) {
  begin_step(Doing::Tracing);
  tracing_ = std::make_unique<TracingStep>(device_);
  {
    const TakingCalls taking(*this);
    nodes();
  }
  why_not_ = tracing_->why_not();
  SegmentTrace traced = tracing_->take();
  tracing_.reset();
  const bool is_first = trace_.calls.empty();
  const std::string difference = is_first || !why_not_.empty() ? std::string() : traced.difference(trace_);
  unequal_ = is_first || !difference.empty() ? unequal_ + 1 : 0;
  if (unequal_ > most_unequal) why_not_ = "its steps differ: " + difference;
  trace_ = why_not_.empty() ? std::move(traced) : SegmentTrace();
}

void SegmentRecording::run_nodes(const std::function<void()>& nodes) {
  {
    const TakingCalls taking(*this);
    nodes();
  }
  if (next_ != trace_.calls.size()) fail("it ends before `" + trace_.calls[next_].name + "`");
}

void SegmentRecording::make_places() {
  staged_ = at::empty({std::max<std::int64_t>(trace_.staged_bytes, 1)}, at::TensorOptions(device_).dtype(at::kByte));
  for (const SegmentTrace::Staged& one : trace_.staged)
    staged_parts_.push_back(staged_.narrow(0, one.offset, one.bytes).view(one.type).view(one.sizes));
  for (SegmentTrace::External& one : trace_.externals) {
    fixed_.push_back(one.changes ? at::empty_like(one.tensor.detach()) : at::Tensor());
    // That of the traced step, with what it holds for gradients, is not needed any more.
    if (one.changes) one.tensor = fixed_.back();
  }
}

void SegmentRecording::capture(const std::function<void()>& nodes) {
  begin_step(Doing::Capturing);
  make_places();
  auto graph = make_graph_();
  const auto about_device = [](const std::function<void()>& work) {
    try {
      work();
    } catch (...) {
      throw std::runtime_error("the device does not capture the segment: " + words_of_current_exception() + "; use `--lane async`");
    }
  };
  about_device([&] { graph->begin(); });
  try {
    run_nodes(nodes);
  } catch (...) {
    try {
      graph->end();
    } catch (...) {
      // The first fault is told.
    }
    throw;
  }
  about_device([&] { graph->end(); });
  graph_ = std::move(graph);
  make_shadows();
  launch();
}

void SegmentRecording::make_shadows() {
  for (const SegmentTrace::Look& look : trace_.looks) {
    shadows_.push_back(shadow_of(look, device_));
    known_shadows_.add(shadows_.back(), {TensorToken::Kind::Result, static_cast<int>(shadows_.size()) - 1});
  }
}

void SegmentRecording::replay(const std::function<void()>& nodes) {
  begin_step(Doing::Replaying);
  run_nodes(nodes);
  launch();
}

void SegmentRecording::launch() {
  const at::NoGradGuard no_gradients;
  if (trace_.staged_bytes > 0) staged_.narrow(0, 0, trace_.staged_bytes).copy_(buffer_, /*non_blocking=*/true);
  for (std::size_t k = 0; k < fixed_.size(); ++k)
    if (current_[k].defined()) fixed_[k].copy_(current_[k]);
  graph_->launch();
  for (const auto& [place, index] : later_) *place = kept_.at(index).clone();
  later_.clear();
}

// ---- Calls ----

void SegmentRecording::call(const c10::OperatorHandle& operation, torch::jit::Stack& stack) {
  const std::size_t first = stack.size() - operation.schema().arguments().size();
  const LeavingCalls leaving;
  if (!is_device_work(operation, stack, first)) return operation.callBoxed(stack);
  if (doing_ == Doing::Tracing) return tracing_->call(operation, stack);
  repeat_call(operation, stack);
}

bool SegmentRecording::is_device_work(const c10::OperatorHandle& operation, const torch::jit::Stack& stack, std::size_t first) const {
  bool has_device = false;
  for (std::size_t k = first; k < stack.size() && !has_device; ++k) {
    if (stack[k].isDevice()) has_device = stack[k].toDevice().type() == device_.type();
    each_tensor(stack[k], [&](const at::Tensor& tensor) { has_device = has_device || (tensor.defined() && tensor.device() == device_); });
  }
  return has_device && !asks_for_looks(operation);
}

const TracedCall& SegmentRecording::next_call(std::string_view name) {
  if (next_ == trace_.calls.size()) fail("`" + std::string(name) + "` is a call too many");
  const TracedCall& traced = trace_.calls[next_++];
  if (traced.name != name) fail("`" + std::string(name) + "` instead of `" + traced.name + "`");
  return traced;
}

void SegmentRecording::repeat_call(const c10::OperatorHandle& operation, torch::jit::Stack& stack) {
  const std::size_t count = operation.schema().arguments().size(), first = stack.size() - count;
  const TracedCall& traced = next_call(name_of(operation));
  check_arguments(traced, stack, first);
  if (traced.staged >= 0) {
    const bool is_number = is_one_number(traced.name, stack, first);
    const at::ScalarType type = trace_.staged[static_cast<std::size_t>(traced.staged)].type;
    stage(traced, is_number ? at::full({}, stack[first + 1].toScalar(), at::TensorOptions().dtype(type)) : stack[first].toTensor());
    torch::jit::drop(stack, count);
    return give_staged(traced, stack);
  }
  if (doing_ == Doing::Capturing) return do_for_capture(traced, operation, stack, first);
  torch::jit::drop(stack, count);
  give_shadows(traced, stack);
}

void SegmentRecording::check_arguments(const TracedCall& traced, const torch::jit::Stack& stack, std::size_t first) {
  const bool is_number = is_one_number(traced.name, stack, first), is_host_copy = traced.staged >= 0 && !is_number;
  std::size_t input = 0;
  for (std::size_t k = 0; first + k < stack.size(); ++k) {
    const c10::IValue& argument = stack[first + k];
    // The number that may change.
    if (is_number && k == 1) continue;
    if (!is_equal(without_tensors(argument), traced.arguments[k]))
      fail("argument " + std::to_string(k + 1) + " of `" + traced.name + "` differs");
    if (is_host_copy) continue;
    each_tensor(argument, [&](const at::Tensor& tensor) { check_token(traced, traced.inputs.at(input++), tensor); });
  }
}

void SegmentRecording::check_token(const TracedCall& traced, const TensorToken& token, const at::Tensor& given) {
  const auto check = [&](bool holds, const char* what) {
    if (!holds) fail("`" + traced.name + "` gets " + what);
  };
  const auto index = static_cast<std::size_t>(token.index);
  switch (token.kind) {
    case TensorToken::Kind::Undefined:
      return check(!given.defined(), "a tensor more");
    case TensorToken::Kind::Number:
      return check(is_number(given) && is_same_number(given, trace_.numbers[index]), "another number");
    case TensorToken::Kind::Result: {
      const TensorToken* found = known().find(given);
      return check(found && *found == token, "another tensor");
    }
    case TensorToken::Kind::External:
      break;
  }
  const SegmentTrace::External& one = trace_.externals[index];
  if (!one.changes) return check(given.is_same(one.tensor), "another tensor");
  check(given.defined() && given.device() == device_ && given.sizes() == one.tensor.sizes() &&
            given.scalar_type() == one.tensor.scalar_type() && !known().find(given),
        "a tensor of another shape");
  if (!current_[index].defined()) current_[index] = given;
  check(current_[index].is_same(given), "another tensor");
}

void SegmentRecording::stage(const TracedCall& traced, const at::Tensor& host) {
  const SegmentTrace::Staged& staged = trace_.staged[static_cast<std::size_t>(traced.staged)];
  if (!host.defined() || !host.device().is_cpu() || host.sizes() != at::IntArrayRef(staged.sizes) || host.scalar_type() != staged.type)
    fail("`" + traced.name + "` brings numbers of another shape");
  const at::Tensor values = host.contiguous();
  std::memcpy(buffer_.mutable_data_ptr<std::uint8_t>() + staged.offset, values.const_data_ptr(), values.nbytes());
}

void SegmentRecording::give_staged(const TracedCall& traced, torch::jit::Stack& stack) {
  const TensorToken& token = traced.results.front();
  if (doing_ == Doing::Replaying) {
    stack.emplace_back(replayed_result(token));
    return;
  }
  stack.emplace_back(captured_result(traced, token, staged_parts_[static_cast<std::size_t>(traced.staged)].detach()));
}

at::Tensor SegmentRecording::replayed_result(const TensorToken& token) const {
  const auto index = static_cast<std::size_t>(token.index);
  if (token.kind == TensorToken::Kind::Result) return shadows_[index];
  if (token.kind == TensorToken::Kind::Undefined) return {};
  return trace_.externals[index].changes ? current_[index] : trace_.externals[index].tensor;
}

at::Tensor SegmentRecording::captured_result(const TracedCall& traced, const TensorToken& token, const at::Tensor& result) {
  if (result.defined() != (token.kind != TensorToken::Kind::Undefined)) fail("`" + traced.name + "` returns another number of tensors");
  if (token.kind == TensorToken::Kind::External) return replayed_result(token);
  if (token.kind != TensorToken::Kind::Result || known_.find(result)) return result;
  if (!trace_.looks[static_cast<std::size_t>(token.index)].is_of(result)) fail("`" + traced.name + "` returns a tensor of another shape");
  known_.add(result, token);
  return result;
}

void SegmentRecording::give_shadows(const TracedCall& traced, torch::jit::Stack& stack) const {
  std::size_t result = 0;
  for (const c10::IValue& kind : traced.result_kinds) {
    if (!kind.isInt()) {
      stack.emplace_back(replayed_result(traced.results[result++]));
      continue;
    }
    c10::List<at::Tensor> list;
    for (std::int64_t k = 0; k < kind.toInt(); ++k) list.push_back(replayed_result(traced.results[result++]));
    stack.emplace_back(std::move(list));
  }
}

at::Tensor SegmentRecording::given_for(const TensorToken& token, const at::Tensor& given) const {
  if (token.kind != TensorToken::Kind::External) return given;
  const at::Tensor& fixed = fixed_[static_cast<std::size_t>(token.index)];
  return fixed.defined() ? fixed : given;
}

void SegmentRecording::do_for_capture(const TracedCall& traced, const c10::OperatorHandle& operation, torch::jit::Stack& stack,
                                      std::size_t first) {
  std::size_t input = 0;
  for (std::size_t k = first; k < stack.size(); ++k)
    stack[k] = with_tensors(stack[k], [&](const at::Tensor& tensor) { return given_for(traced.inputs.at(input++), tensor); });
  operation.callBoxed(stack);
  std::size_t result = 0;
  for (std::size_t k = stack.size() - operation.schema().returns().size(); k < stack.size(); ++k)
    stack[k] = with_tensors(stack[k], [&](const at::Tensor& tensor) {
      if (result == traced.results.size()) fail("`" + traced.name + "` returns another number of tensors");
      return captured_result(traced, traced.results[result++], tensor);
    });
}

std::vector<at::Tensor> SegmentRecording::call_one(std::string_view name, const std::vector<at::Tensor>& tensors,
                                                   const std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)>& work) {
  const LeavingCalls leaving;
  if (doing_ == Doing::Tracing) return tracing_->call_one(name, tensors, work);
  const TracedCall& traced = next_call(name);
  if (tensors.size() != traced.inputs.size()) fail("`" + traced.name + "` gets another number of tensors");
  std::vector<at::Tensor> given;
  for (std::size_t k = 0; k < tensors.size(); ++k) {
    check_token(traced, traced.inputs[k], tensors[k]);
    given.push_back(given_for(traced.inputs[k], tensors[k]));
  }
  std::vector<at::Tensor> results;
  if (doing_ == Doing::Replaying) {
    for (const TensorToken& token : traced.results) results.push_back(replayed_result(token));
    return results;
  }
  results = work(given);
  if (results.size() != traced.results.size()) fail("`" + traced.name + "` returns another number of tensors");
  for (std::size_t k = 0; k < results.size(); ++k) results[k] = captured_result(traced, traced.results[k], results[k]);
  return results;
}

// ---- What is read after a step ----

int SegmentRecording::kept_index(const at::Tensor& tensor) {
  const TensorToken* found = doing_ == Doing::Tracing ? nullptr : known().find(tensor);
  if (!found || found->kind != TensorToken::Kind::Result) return -1;
  if (doing_ == Doing::Capturing) kept_[found->index] = tensor.detach();
  else if (!kept_.contains(found->index)) fail("another tensor is read after the step");
  return found->index;
}

KeptTensor SegmentRecording::keep_later(const at::Tensor& tensor) {
  const LeavingCalls leaving;
  const int index = kept_index(tensor);
  auto place = std::make_shared<at::Tensor>(index < 0 ? tensor : at::Tensor());
  if (index >= 0) later_.emplace_back(place, index);
  return place;
}

at::Tensor SegmentRecording::keep(const at::Tensor& tensor) {
  const int index = kept_index(tensor);
  if (index < 0) return tensor;
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
