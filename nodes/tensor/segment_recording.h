#pragma once

#include <ATen/core/Tensor.h>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tensor/captured.h"
#include "tensor/device_graph.h"
#include "tensor/dispatched_calls.h"
#include "tensor/segment_trace.h"

namespace leat {

/// The work of a segment on a device, recorded so that it can be given to the device at once. The nodes run in every step. In the first
/// steps, LibTorch does what they ask for, and the calls are traced. If the calls of two steps in a row are equal, the next step is
/// captured: the device records its work. From then on the nodes get tensors without memory from LibTorch. Each call is compared with the
/// traced one, numbers from the host go into one buffer, and at the end the device gets this buffer and the graph. So a node that gives the
/// device different operations in one step is found before the device gets the step. [worker]
class SegmentRecording final : public CallTaker {
 public:
  SegmentRecording(at::Device device, MakeDeviceGraph make_graph);
  ~SegmentRecording();
  SegmentRecording(const SegmentRecording&) = delete;
  SegmentRecording& operator=(const SegmentRecording&) = delete;

  /// Runs the nodes of one step, and gives their work to the device.
  void run(const std::function<void()>& nodes);
  /// Returns a tensor of the step that was run last, in a form that later steps do not change.
  [[nodiscard]] at::Tensor keep(const at::Tensor& tensor);
  /// Returns why this segment cannot be recorded, as a clause; empty if it can, or if it is not known yet.
  [[nodiscard]] const std::string& why_not() const { return why_not_; }

  // ---- For the functions that LibTorch and nodes call ----
  /// The recording whose nodes run on this thread, or null.
  [[nodiscard]] static SegmentRecording* running();
  void call(const c10::OperatorHandle& operation, torch::jit::Stack& stack) override;
  [[nodiscard]] std::vector<at::Tensor> call_one(std::string_view name, const std::vector<at::Tensor>& tensors,
                                                 const std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)>& work);
  [[nodiscard]] KeptTensor keep_later(const at::Tensor& tensor);

 private:
  enum class Doing { Tracing, Capturing, Replaying };

  void trace(const std::function<void()>& nodes);
  void capture(const std::function<void()>& nodes);
  void replay(const std::function<void()>& nodes);
  void run_nodes(const std::function<void()>& nodes);
  void make_places();
  void make_shadows();
  void begin_step(Doing doing);
  void launch();

  // ---- One call of a step that is captured or replayed ----
  [[nodiscard]] bool is_device_work(const c10::OperatorHandle& operation, const torch::jit::Stack& stack, std::size_t first) const;
  void repeat_call(const c10::OperatorHandle& operation, torch::jit::Stack& stack);
  [[nodiscard]] const TracedCall& next_call(std::string_view name);
  void check_arguments(const TracedCall& traced, const torch::jit::Stack& stack, std::size_t first);
  void check_token(const TracedCall& traced, const TensorToken& token, const at::Tensor& given);
  void stage(const TracedCall& traced, const at::Tensor& host);
  void give_staged(const TracedCall& traced, torch::jit::Stack& stack);
  void give_shadows(const TracedCall& traced, torch::jit::Stack& stack) const;
  void do_for_capture(const TracedCall& traced, const c10::OperatorHandle& operation, torch::jit::Stack& stack, std::size_t first);
  /// Returns the tensor that an operation gets while it is captured, for one that a node gave.
  [[nodiscard]] at::Tensor given_for(const TensorToken& token, const at::Tensor& given) const;
  /// Returns the tensor that a node gets for a result of an operation that was captured. Notes it.
  [[nodiscard]] at::Tensor captured_result(const TracedCall& traced, const TensorToken& token, const at::Tensor& result);
  /// Returns the tensor that a node gets for a result in a step that is replayed.
  [[nodiscard]] at::Tensor replayed_result(const TensorToken& token) const;
  /// Returns the index of a result that is read after the step; -1 if the tensor is none. Keeps its memory when the step is captured.
  [[nodiscard]] int kept_index(const at::Tensor& tensor);
  [[nodiscard]] const KnownTensors& known() const { return doing_ == Doing::Replaying ? known_shadows_ : known_; }
  [[noreturn]] void fail(const std::string& fact) const;

  const at::Device device_;
  const MakeDeviceGraph make_graph_;
  std::string why_not_;
  int unequal_ = 0;  ///< Traced steps in a row that differed from the one before.
  Doing doing_ = Doing::Tracing;
  SegmentTrace trace_;
  std::unique_ptr<TracingStep> tracing_;
  std::unique_ptr<DeviceGraph> graph_;

  // ---- Of one step ----
  std::size_t next_ = 0;                                            ///< The next call of the trace.
  KnownTensors known_;                                              ///< Results of the step that is captured.
  std::vector<at::Tensor> current_;                                 ///< Indexed by external: the tensor of this step, if it changes.
  at::Tensor buffer_;                                               ///< Staged numbers on the host.
  std::vector<std::pair<std::shared_ptr<at::Tensor>, int>> later_;  ///< Tensors to set after the launch, and their results.

  // ---- Of the recording. `staged_` and `fixed_` have memory outside of the graph's. ----
  at::Tensor staged_;                     ///< Staged numbers on the device.
  std::vector<at::Tensor> staged_parts_;  ///< Indexed as in the trace.
  std::vector<at::Tensor> fixed_;         ///< Indexed by external: what the graph reads, if the external changes.
  std::vector<at::Tensor> shadows_;       ///< Indexed by result.
  KnownTensors known_shadows_;
  std::unordered_map<int, at::Tensor> kept_;  ///< Results that are read after the step, in the graph's memory.
};

}  // namespace leat
