#include "tensor/accelerator_lane.h"

#include <ATen/core/grad_mode.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/Exception.h>
#include <algorithm>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "leat/work_thread.h"
#include "tensor/replaced.h"
#include "tensor/segment_recording.h"
#include "tensor/to_device.h"

namespace leat {

namespace {

constexpr std::size_t most_recordings = 8;  // Of one segment: a phase has a last step that is shorter, few have more.

/// A device other than the CPU. The plain lane waits for every copy. The asynchronous one gives copies and kernels to one stream, and a
/// second thread waits for events of this stream. The captured one is asynchronous, and gives the work of a segment as one graph.
class AcceleratorLane final : public Lane {
 public:
  /// The device can still run a graph if the run failed.
  ~AcceleratorLane() override {
    if (!captures_) return;
    thread_.post([this] {
      try {
        guard(device_).synchronizeStream(guard(device_).getStream(device_));
      } catch (...) {
        // The device has failed, and the run has told so.
      }
      recordings_.clear();
    });
    thread_.flush();
  }
  AcceleratorLane(const AcceleratorLane&) = delete;
  AcceleratorLane& operator=(const AcceleratorLane&) = delete;
  AcceleratorLane(at::Device device, MakeDeviceGraph make_graph, PrepareDropout prepare_dropout)
      : device_(device), make_graph_(std::move(make_graph)), thread_([device, prepare_dropout] {
          guard(device).setDevice(device);
          set_dropout_kernel(prepare_dropout);
        }) {}

  std::string name() const override { return device_.str(); }
  /// The number of a device does not change the results.
  bool continues(const std::string& begun_on) const override {
    return begun_on.starts_with(c10::DeviceTypeName(device_.type(), /*lower_case=*/true) + ":");
  }
  std::string device() const override { return device_.str(); }
  void set_mode(std::string_view mode) override;
  bool is_async() const override { return ends_ != nullptr; }
  bool captures() const override { return captures_; }
  void submit(std::function<void()> work) override { thread_.post(std::move(work)); }
  /// A captured lane uses a stream of its own. It does not wait for the default one, where other threads load weights.
  void begin_phase() override {
    if (captures_) guard(device_).synchronizeStream(guard(device_).getDefaultStream(device_));
  }
  void enter(bool with_gradients) override { c10::GradMode::set_enabled(with_gradients); }
  void run(const SegmentWork& work, const std::function<void()>& nodes) override;
  Value keep(Value value) override {
    if (!recording_) return value;
    return replaced(std::move(value), [this](const at::Tensor& tensor) { return recording_->keep(tensor); });
  }
  std::string take_note() override { return note_.empty() ? take_dropout_note() : std::exchange(note_, {}); }
  Value upload(Value value) override {
    return replaced(std::move(value), [this](const at::Tensor& tensor) { return to_device(tensor, device_); });
  }
  Value fetch(Value value) override {
    return replaced(std::move(value), [](const at::Tensor& tensor) { return tensor.detach().to(at::kCPU); });
  }
  void when_done(std::function<void(std::exception_ptr)> done) override;
  /// Reads in a stream of its own, because a copy waits for all that is in its stream.
  void read(const std::function<void()>& work) override {
    const c10::OptionalStreamGuard stream(reader_stream_);
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
  using Key = std::tuple<std::string, int, std::vector<int>>;  ///< Phase, segment, rows.

  [[nodiscard]] static c10::impl::VirtualGuardImpl guard(at::Device device) { return c10::impl::VirtualGuardImpl(device.type()); }
  [[nodiscard]] SegmentRecording* recording_of(const SegmentWork& work);

  at::Device device_;
  const MakeDeviceGraph make_graph_;
  bool captures_ = false;
  std::optional<c10::Stream> reader_stream_;  ///< Null if the lane is plain, as the next member.
  std::unique_ptr<WorkThread> ends_;

  // ---- Of the lane's thread ----
  std::map<Key, std::unique_ptr<SegmentRecording>> recordings_;
  SegmentRecording* recording_ = nullptr;  ///< That of the segment that was run last; null if it has none.
  std::string note_;

  WorkThread thread_;  ///< Joined first, because its work posts to `ends_`.
};

void AcceleratorLane::set_mode(std::string_view mode) {
  if (mode == "plain") return;
  if (mode != "async" && mode != "captured") return Lane::set_mode(mode);
  if (mode == "captured" && !make_graph_)
    throw Refusal("this build cannot capture the work of a GPU: it was built without CUDA's headers", {}, "use `--lane async`");
  reader_stream_ = guard(device_).getStreamFromGlobalPool(device_);
  ends_ = std::make_unique<WorkThread>();
  captures_ = mode == "captured";
  thread_.post([device = device_, captures = captures_] {
    set_copies_wait(false);
    // Work of the default stream cannot be captured.
    if (captures) guard(device).exchangeStream(guard(device).getStreamFromGlobalPool(device));
  });
}

SegmentRecording* AcceleratorLane::recording_of(const SegmentWork& work) {
  if (!captures_ || !work.is_regular) return nullptr;
  Key key{work.phase, work.segment, work.rows};
  const auto found = recordings_.find(key);
  if (found != recordings_.end()) return found->second.get();
  const auto others = std::count_if(recordings_.begin(), recordings_.end(), [&](const auto& one) {
    return std::get<0>(one.first) == work.phase && std::get<1>(one.first) == work.segment;
  });
  if (static_cast<std::size_t>(others) >= most_recordings) return nullptr;
  return recordings_.emplace(std::move(key), std::make_unique<SegmentRecording>(device_, make_graph_)).first->second.get();
}

void AcceleratorLane::run(const SegmentWork& work, const std::function<void()>& nodes) {
  recording_ = recording_of(work);
  if (!recording_) return nodes();
  const bool could = recording_->why_not().empty();
  recording_->run(nodes);
  if (could && !recording_->why_not().empty())
    note_ = "`--lane captured` runs segment " + std::to_string(work.segment + 1) + " of `" + std::string(work.phase) +
            "` as `--lane async` does: " + recording_->why_not();
}

void AcceleratorLane::when_done(std::function<void(std::exception_ptr)> done) {
  if (!ends_) return done(nullptr);
  auto event = std::make_shared<c10::Event>(device_.type());
  event->record(guard(device_).getStream(device_));
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

}  // namespace

std::unique_ptr<Lane> make_accelerator_lane(at::Device device, MakeDeviceGraph make_graph, PrepareDropout prepare_dropout) {
  return std::make_unique<AcceleratorLane>(device, std::move(make_graph), prepare_dropout);
}

}  // namespace leat
