#include "tensor/segment_trace.h"

#include <ATen/core/enum_tag.h>
#include <algorithm>
#include <utility>

#include "tensor/boxed_calls.h"

namespace leat {

namespace {

constexpr std::int64_t alignment = 512;  // Of staged numbers in their buffer, as of memory from LibTorch's allocators.

/// A dimension of one entry has no stride that matters.
bool has_same_strides(const SegmentTrace::Look& look, const at::Tensor& tensor) {
  for (std::size_t dim = 0; dim < look.sizes.size(); ++dim)
    if (look.sizes[dim] != 1 && look.strides[dim] != tensor.stride(static_cast<std::int64_t>(dim))) return false;
  return true;
}

}  // namespace

SegmentTrace::Look SegmentTrace::Look::of(const at::Tensor& tensor) {
  return {tensor.sizes().vec(), tensor.strides().vec(), tensor.scalar_type(), tensor.key_set(), tensor.requires_grad()};
}

bool SegmentTrace::Look::is_of(const at::Tensor& tensor) const {
  return tensor.sizes() == at::IntArrayRef(sizes) && tensor.scalar_type() == type && has_same_strides(*this, tensor);
}

std::string SegmentTrace::difference(const SegmentTrace& before) {
  for (std::size_t k = 0; k < std::min(externals.size(), before.externals.size()); ++k)
    externals[k].changes = !externals[k].tensor.is_same(before.externals[k].tensor);
  for (std::size_t k = 0; k < std::min(calls.size(), before.calls.size()); ++k) {
    const TracedCall &one = calls[k], &other = before.calls[k];
    const bool is_same = one.name == other.name && one.inputs == other.inputs && one.results == other.results &&
                         std::equal(one.arguments.begin(), one.arguments.end(), other.arguments.begin(), other.arguments.end(), is_equal);
    if (!is_same) return "`" + one.name + "` is another call than `" + other.name + "` of the step before";
  }
  if (calls.size() != before.calls.size())
    return std::to_string(calls.size()) + " calls instead of " + std::to_string(before.calls.size()) + " in the step before";
  for (std::size_t k = 0; k < numbers.size(); ++k)
    if (!is_same_number(numbers[k], before.numbers[k])) return "a number of C++ differs from that of the step before";
  for (const External& one : externals)
    if (one.changes && one.is_written) return "it changes a tensor in place that is another one in each step";
  return {};
}

void KnownTensors::add(const at::Tensor& tensor, TensorToken token) {
  tokens_[tensor.unsafeGetTensorImpl()] = token;
  held_.emplace_back(tensor.getIntrusivePtr());
}

const TensorToken* KnownTensors::find(const at::Tensor& tensor) const {
  const auto found = tensor.defined() ? tokens_.find(tensor.unsafeGetTensorImpl()) : tokens_.end();
  return found == tokens_.end() ? nullptr : &found->second;
}

void KnownTensors::clear() {
  tokens_.clear();
  held_.clear();
}

void TracingStep::refuse(const std::string& why) {
  if (why_not_.empty()) why_not_ = why;
}

TensorToken TracingStep::token_of(const at::Tensor& tensor, bool is_written) {
  if (!tensor.defined()) return {};
  if (tensor.device() != device_) {
    if (!is_number(tensor)) refuse("an operation takes a tensor of the host");
    trace_.numbers.push_back(tensor);
    return {TensorToken::Kind::Number, static_cast<int>(trace_.numbers.size()) - 1};
  }
  const TensorToken* known = known_.find(tensor);
  const TensorToken token = known ? *known : TensorToken{TensorToken::Kind::External, static_cast<int>(trace_.externals.size())};
  if (!known) {
    trace_.externals.push_back({tensor, false, false});
    known_.add(tensor, token);
  }
  if (is_written)
    for (SegmentTrace::External& one : trace_.externals) one.is_written = one.is_written || one.tensor.is_alias_of(tensor);
  return token;
}

TensorToken TracingStep::result_of(const at::Tensor& tensor, const std::vector<TensorToken>& inputs, const std::vector<at::Tensor>& given) {
  if (!tensor.defined()) return {};
  // An operation in place returns what it got.
  for (std::size_t k = 0; k < inputs.size(); ++k)
    if (given[k].is_same(tensor)) return inputs[k];
  const TensorToken token{TensorToken::Kind::Result, static_cast<int>(trace_.looks.size())};
  trace_.looks.push_back(SegmentTrace::Look::of(tensor));
  known_.add(tensor, token);
  return token;
}

void TracingStep::stage(TracedCall& call, const at::Tensor& result) {
  if (!result.is_contiguous()) refuse("`" + call.name + "` brings numbers to the device that are not contiguous");
  const auto bytes = static_cast<std::int64_t>(result.nbytes());
  call.staged = static_cast<int>(trace_.staged.size());
  trace_.staged.push_back({result.sizes().vec(), result.scalar_type(), trace_.staged_bytes, bytes});
  trace_.staged_bytes += (bytes + alignment - 1) / alignment * alignment;
}

void TracingStep::call(const c10::OperatorHandle& operation, torch::jit::Stack& stack) {
  const std::size_t first = stack.size() - operation.schema().arguments().size();
  TracedCall out;
  out.name = name_of(operation);
  std::vector<at::Tensor> given;
  std::vector<bool> are_written;
  for (std::size_t k = first; k < stack.size(); ++k) {
    out.arguments.push_back(without_tensors(stack[k]));
    each_tensor(stack[k], [&](const at::Tensor& tensor) {
      given.push_back(tensor);
      are_written.push_back(writes(operation, k - first));
    });
  }
  const bool is_staged_number = is_one_number(out.name, stack, first);
  const bool is_staged_copy = is_copy(out.name) && !given.empty() && given.front().device().is_cpu();
  if (is_staged_number) out.arguments[1] = {};
  for (std::size_t k = 0; k < given.size() && !is_staged_copy; ++k) out.inputs.push_back(token_of(given[k], are_written[k]));
  if (operation.hasTag(at::Tag::nondeterministic_seeded)) refuse("`" + out.name + "` draws random numbers with LibTorch's generator");

  operation.callBoxed(stack);

  for (std::size_t k = stack.size() - operation.schema().returns().size(); k < stack.size(); ++k) {
    if (!has_tensors(stack[k])) return refuse("`" + out.name + "` reads from the device");
    out.result_kinds.push_back(without_tensors(stack[k]));
    each_tensor(stack[k], [&](const at::Tensor& tensor) {
      if (tensor.defined() && tensor.device() != device_) refuse("`" + out.name + "` reads from the device");
      out.results.push_back(result_of(tensor, out.inputs, given));
      if (!is_staged_number && !is_staged_copy) return;
      if (is_staged_copy && given.front().scalar_type() != tensor.scalar_type())
        refuse("`" + out.name + "` changes the type of numbers on their way to the device");
      stage(out, tensor);
    });
  }
  trace_.calls.push_back(std::move(out));
}

std::vector<at::Tensor> TracingStep::call_one(std::string_view name, const std::vector<at::Tensor>& tensors,
                                              const std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)>& work) {
  TracedCall out;
  out.name = name;
  for (const at::Tensor& tensor : tensors) out.inputs.push_back(token_of(tensor, false));
  std::vector<at::Tensor> results = work(tensors);
  for (const at::Tensor& tensor : results) out.results.push_back(result_of(tensor, out.inputs, tensors));
  trace_.calls.push_back(std::move(out));
  return results;
}

}  // namespace leat
