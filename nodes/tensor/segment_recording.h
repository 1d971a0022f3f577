#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/stack.h>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tensor/captured.h"
#include "tensor/device_graph.h"

namespace leat {

/// A tensor as an operation of a recording has it.
struct TensorToken {
  enum class Kind : std::uint8_t {
    Undefined,
    Result,    ///< `index`: a tensor that an operation of the recording made.
    External,  ///< `index`: a tensor of the device that was there before, such as a weight.
    Number,    ///< `index`: one number on the host, which LibTorch makes of a number of C++.
  };
  Kind kind = Kind::Undefined;
  int index = 0;

  friend bool operator==(const TensorToken&, const TensorToken&) = default;
};

/// A call of LibTorch in a segment: what is the same in every step. `inputs` and `results` are the tensors among its arguments and results,
/// in their order.
struct RecordedOperation {
  std::string name;                           ///< `aten::mul.Tensor`, or the name of `as_one_operation`.
  std::vector<c10::IValue> arguments;         ///< Tensors are replaced by none.
  std::vector<TensorToken> inputs, results;
  std::vector<c10::IValue> result_kinds;      ///< None for a tensor; for a list of tensors, how many there are.
  int staged = -1;                            ///< It brings numbers from the host: which ones; -1 if it brings none.
};

/// The work of a segment on a device, recorded so that it can be given to the device at once. The nodes run in every step. In the first
/// steps, LibTorch does what they ask for, and the calls are noted. If the calls of two steps in a row are equal, the next step is captured:
/// the device records its work. From then on the nodes get tensors without memory from LibTorch; each call is compared with the noted one,
/// numbers from the host go into one buffer, and at the end the device gets this buffer and the graph. So a node that gives the device
/// other work in one step is found before the device gets the step. [worker]
class SegmentRecording {
 public:
  SegmentRecording(at::Device device, MakeDeviceGraph make_graph);
  ~SegmentRecording();
  SegmentRecording(const SegmentRecording&) = delete;
  SegmentRecording& operator=(const SegmentRecording&) = delete;

  /// Runs the nodes of one step, and gives their work to the device.
  void run(const std::function<void()>& nodes);
  /// Returns a tensor of the step that was run last, in a form that later steps do not change.
  [[nodiscard]] at::Tensor keep(const at::Tensor& tensor);
  /// Returns true if the next steps are replayed.
  [[nodiscard]] bool is_recorded() const { return graph_ != nullptr; }
  /// Returns why this segment cannot be recorded, as a clause; empty if it can, or if it is not known yet.
  [[nodiscard]] const std::string& why_not() const { return why_not_; }

  // ---- For the functions that LibTorch calls ----
  /// The recording whose nodes run on this thread, or null.
  [[nodiscard]] static SegmentRecording* running();
  void call(const c10::OperatorHandle& operation, torch::jit::Stack& stack);
  [[nodiscard]] std::vector<at::Tensor> call_one(std::string_view name, const std::vector<at::Tensor>& tensors,
                                                 const std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)>& work);
  [[nodiscard]] KeptTensor keep_later(const at::Tensor& tensor);

 private:
  enum class Doing { Watching, Capturing, Replaying };
  /// What an output of an operation looks like.
  struct Look {
    std::vector<std::int64_t> sizes, strides;
    at::ScalarType type;
    c10::DispatchKeySet keys;
    bool requires_grad;
  };
  /// Numbers that the host brings: where they are in the buffer, and their tensor on the device.
  struct Staged {
    std::vector<std::int64_t> sizes;
    at::ScalarType type;
    std::int64_t offset;
    at::Tensor on_device;
  };
  struct External {
    at::Tensor tensor;    ///< That of the last watched step.
    bool changes = false; ///< It is another tensor in each step.
    at::Tensor fixed;     ///< If it changes: the one that the device's graph reads.
    at::Tensor current;   ///< If it changes: that of this step.
  };
  struct Trace {
    std::vector<RecordedOperation> operations;
    std::vector<Look> looks;  ///< Indexed by result.
    std::vector<External> externals;
    std::vector<at::Tensor> numbers;
    std::vector<Staged> staged;
    std::int64_t staged_bytes = 0;
  };
  class Running;

  void watch(const std::function<void()>& nodes);
  void capture(const std::function<void()>& nodes);
  void replay(const std::function<void()>& nodes);
  void launch();
  void settle_kept();
  void forget_step();
  void refuse(const std::string& why);

  [[nodiscard]] bool is_of_device(const at::Tensor& tensor) const { return tensor.defined() && tensor.device() == device_; }
  /// Returns true if the call is the device's work; not if it concerns the host only, or asks only what a tensor looks like.
  [[nodiscard]] bool is_device_work(const c10::OperatorHandle& operation, const torch::jit::Stack& stack, std::size_t first) const;
  void watch_call(const c10::OperatorHandle& operation, torch::jit::Stack& stack);
  void repeat_call(const c10::OperatorHandle& operation, torch::jit::Stack& stack);
  [[nodiscard]] TensorToken token_of(const at::Tensor& tensor);
  [[nodiscard]] TensorToken added_result(const at::Tensor& tensor, const std::vector<TensorToken>& inputs,
                                         const std::vector<at::Tensor>& given);
  void note_result(const at::Tensor& tensor, int index);
  /// Returns the tensor that an operation gets for a token while the graph is captured.
  [[nodiscard]] at::Tensor standing_for(const TensorToken& token, const at::Tensor& given) const;
  /// Compares a tensor with a token; throws std::runtime_error.
  void check_token(const RecordedOperation& recorded, const TensorToken& token, const at::Tensor& given);
  void stage(const RecordedOperation& recorded, const at::Tensor& host);
  [[nodiscard]] const RecordedOperation& next_operation(std::string_view name);
  [[noreturn]] void fail(const std::string& fact) const;
  void make_shadows();
  [[nodiscard]] at::Tensor shadow_of(const Look& look) const;

  const at::Device device_;
  const MakeDeviceGraph make_graph_;
  std::string why_not_;
  int unequal_ = 0;  ///< Watched steps in a row that differed from the one before.
  Doing doing_ = Doing::Watching;
  Trace trace_, before_;
  std::unique_ptr<DeviceGraph> graph_;

  // ---- Of one step ----
  std::size_t next_ = 0;  ///< The next operation of the trace.
  /// The tensors that are known, by their addresses; `held_` keeps the addresses from being used again.
  std::unordered_map<const void*, TensorToken> known_;
  std::vector<c10::weak_intrusive_ptr<at::TensorImpl>> held_;
  at::Tensor buffer_;                                               ///< Staged numbers of this step, on the host.
  std::vector<std::pair<std::shared_ptr<at::Tensor>, int>> later_;  ///< Pairs of a kept tensor and its result, or -1: it is set.

  // ---- Of the recording ----
  at::Tensor staged_;                                          ///< Staged numbers on the device.
  std::vector<at::Tensor> shadows_;                            ///< Indexed by result.
  std::unordered_map<const void*, TensorToken> known_shadows_;
  std::unordered_map<int, at::Tensor> kept_;                   ///< Results that are read after the step, in the graph's memory.
};

}  // namespace leat
