#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/stack.h>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace leat {

/// A tensor as an operation of a trace gets it, or makes it.
struct TensorToken {
  enum class Kind : std::uint8_t {
    Undefined,
    Result,    ///< `index`: a tensor that an operation of the trace made.
    External,  ///< `index`: a tensor of the device that was there before, such as a weight.
    Number,    ///< `index`: one number on the host.
  };
  Kind kind = Kind::Undefined;
  int index = 0;

  friend bool operator==(const TensorToken&, const TensorToken&) = default;
};

/// A call of LibTorch in a segment: what is the same in every step. `inputs` and `results` are the tensors among its arguments and results,
/// in their order.
struct TracedCall {
  std::string name;                    ///< `aten::mul.Tensor`, or the name of `as_one_operation`.
  std::vector<c10::IValue> arguments;  ///< As from `without_tensors`.
  std::vector<TensorToken> inputs;     ///< Not those of a copy from the host.
  std::vector<TensorToken> results;
  std::vector<c10::IValue> result_kinds;  ///< As from `without_tensors`.
  int staged = -1;                        ///< It brings numbers from the host: which ones; -1 if it brings none.
};

/// The operations that the nodes of a segment call in one step.
struct SegmentTrace {
  /// What a result looks like.
  struct Look {
    std::vector<std::int64_t> sizes, strides;
    at::ScalarType type;
    c10::DispatchKeySet keys;
    bool requires_grad;

    [[nodiscard]] static Look of(const at::Tensor& tensor);
    [[nodiscard]] bool is_of(const at::Tensor& tensor) const;
  };
  /// Numbers that the host brings: where they are in one buffer, and what they look like.
  struct Staged {
    std::vector<std::int64_t> sizes;
    at::ScalarType type;
    std::int64_t offset;
    std::int64_t bytes;
  };
  struct External {
    at::Tensor tensor;
    bool changes = false;     ///< It is another tensor in each step.
    bool is_written = false;  ///< An operation changes it.
  };

  std::vector<TracedCall> calls;
  std::vector<Look> looks;  ///< Indexed by result.
  std::vector<External> externals;
  std::vector<at::Tensor> numbers;
  std::vector<Staged> staged;
  std::int64_t staged_bytes = 0;

  /// Returns how the calls differ from those of the step before, as a clause; empty if they do not. Sets `changes`.
  [[nodiscard]] std::string difference(const SegmentTrace& before);
};

/// Addresses of the tensors of one step. They are not used again as long as this object lives.
class KnownTensors {
 public:
  void add(const at::Tensor& tensor, TensorToken token);
  /// Returns null if the tensor is not known.
  [[nodiscard]] const TensorToken* find(const at::Tensor& tensor) const;
  void clear();

 private:
  std::unordered_map<const void*, TensorToken> tokens_;
  std::vector<c10::weak_intrusive_ptr<at::TensorImpl>> held_;
};

/// Traces one step: LibTorch does each operation, and it is noted. [worker]
class TracingStep {
 public:
  explicit TracingStep(at::Device device) : device_(device) {}

  void call(const c10::OperatorHandle& operation, torch::jit::Stack& stack);
  [[nodiscard]] std::vector<at::Tensor> call_one(std::string_view name, const std::vector<at::Tensor>& tensors,
                                                 const std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)>& work);
  /// Returns why such a step cannot be recorded, as a clause; empty if it can.
  [[nodiscard]] const std::string& why_not() const { return why_not_; }
  [[nodiscard]] SegmentTrace take() { return std::move(trace_); }

 private:
  void refuse(const std::string& why);
  [[nodiscard]] TensorToken token_of(const at::Tensor& tensor, bool is_written);
  /// `given`: the call's tensors, with their tokens in `inputs`.
  [[nodiscard]] TensorToken result_of(const at::Tensor& tensor, const std::vector<TensorToken>& inputs,
                                      const std::vector<at::Tensor>& given);
  void stage(TracedCall& call, const at::Tensor& result);

  const at::Device device_;
  SegmentTrace trace_;
  KnownTensors known_;
  std::string why_not_;
};

}  // namespace leat
