#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/metric.h"
#include "leat/port.h"
#include "leat/random.h"
#include "leat/sample.h"
#include "leat/state.h"

namespace leat {

class ImageTable;
struct ImageMetric;

enum class PhaseKind { Train, Validate, Test, Predict };

[[nodiscard]] std::string_view name(PhaseKind kind);

/// The position of a frame: phase, step and slot. Slot -1: a whole step.
struct FrameKey {
  std::string_view phase;
  PhaseKind kind = PhaseKind::Train;
  std::int64_t occurrence = 0;
  std::int64_t step = 0;
  std::int64_t steps = 0;  ///< Steps in the phase, as a learning-rate schedule needs; 0 if the phase ends with its sources.
  int slot = -1;
};

namespace detail {
/// Throws std::out_of_range with the row and the number of rows.
[[noreturn]] void no_such_row(int row, int count);
/// Always false, but only evaluated when a template is instantiated.
template <class T>
inline constexpr bool is_never = false;
}  // namespace detail

/// The rows of one origin in one step, in the order of their slots. Throws std::out_of_range for a missing row. [worker]
class RowList {
 public:
  RowList() = default;
  RowList(const std::vector<Sample>* samples, int first, std::span<const float> weights, const std::vector<std::string>* reasons)
      : samples_(samples), first_(first), weights_(weights), reasons_(reasons) {}

  [[nodiscard]] int size() const { return static_cast<int>(weights_.size()); }
  /// Returns 1; 0 if the sample was dropped. Its row then holds a copy of a live row, or a blank value if no row lives.
  [[nodiscard]] float weight(int row) const { return weights_[place_of(row)]; }
  [[nodiscard]] std::span<const float> weights() const { return weights_; }
  [[nodiscard]] const Sample& sample(int row) const;
  [[nodiscard]] const std::string& reason(int row) const;  ///< Reason why it was dropped; empty for a live row.

 protected:
  [[nodiscard]] std::size_t place_of(int row) const {
    const auto place = static_cast<std::size_t>(row);
    if (place >= weights_.size()) [[unlikely]]
      detail::no_such_row(row, size());
    return place;
  }

 private:
  const std::vector<Sample>* samples_ = nullptr;
  int first_ = 0;  ///< Index of the first row's sample in `samples_`.
  std::span<const float> weights_;
  const std::vector<std::string>* reasons_ = nullptr;  ///< Null if all rows live.
};

/// The values of a Gather: one per row.
template <class T>
class Rows : public RowList {
 public:
  Rows(RowList rows, std::vector<const Value*> values) : RowList(rows), values_(std::move(values)) {}
  [[nodiscard]] const T& operator[](int row) const { return values_[this->place_of(row)]->template as<T>(); }

 private:
  std::vector<const Value*> values_;
};

/// A node's view of the ledger while it processes one slot or one step. Valid during the call only. [worker]
class Frame {
 public:
  class Call;  // The engine's side of the frame.
  explicit Frame(Call& call) : call_(&call) {}
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  [[nodiscard]] const FrameKey& key() const;

  template <class T>
  [[nodiscard]] const T& operator[](const Input<T>& port) const {
    return value(port.index()).template as<T>();
  }
  /// Returns null if the port is not connected. In a node that runs once per step, also if the input has no value in this step.
  template <class T>
  [[nodiscard]] const T* operator[](const OptionalInput<T>& port) const {
    return pointer<T>(port.index());
  }
  /// Returns null if the port is not connected. Also null if the sample was dropped upstream; then `reason()` says why.
  template <class T>
  [[nodiscard]] const T* operator[](const Maybe<T>& port) const {
    return pointer<T>(port.index());
  }
  template <class T>
  [[nodiscard]] std::vector<std::pair<std::string_view, const T*>> operator[](const Inputs<T>& port) const {
    std::vector<std::pair<std::string_view, const T*>> out;
    for (int k = 0; k < inputs_count(port.index()); ++k)
      out.emplace_back(inputs_name(port.index(), k), &inputs_value(port.index(), k).template as<T>());
    return out;
  }
  template <class T>
  [[nodiscard]] Rows<T> operator[](const Gather<T>& port) const {
    return Rows<T>(rows(port), gathered(port.index()));
  }
  template <class T>
  [[nodiscard]] Rows<T> operator[](const OptionalGather<T>& port) const {
    return is_connected(port) ? Rows<T>(rows(port), gathered(port.index())) : Rows<T>({}, {});
  }
  [[nodiscard]] bool is_connected(const Port& port) const;
  /// A port that is not an input does not compile; the error message names the alternative.
  template <class T>
  T& operator[](const State<T>& port) const {
    static_assert(detail::is_never<T>, "a State is not an input: write `frame.state(x)` instead of `frame[x]`");
    return state(port);
  }
  template <class T>
  const T& operator[](const Output<T>&) const {
    static_assert(detail::is_never<T>, "an Output is not an input: write `frame.put(x, value)` instead of `frame[x]`");
  }
  template <class T>
  const T& operator[](const Scatter<T>&) const {
    static_assert(detail::is_never<T>, "a Scatter is not an input: write `frame.put(x, row, value)` instead of `frame[x]`");
  }

  /// Returns the input: moved if no other node reads it, otherwise a copy.
  template <class T>
  [[nodiscard]] T take(const Input<T>& port) {
    Value* sole = sole_value(port.index());
    return sole ? sole->take<T>() : value(port.index()).template as<T>();
  }

  /// Sets the value of an output, once per call.
  template <class T>
  void put(const Output<T>& port, std::type_identity_t<T> out) {
    put_value(port.index(), Value::of<T>(std::move(out)));
  }
  template <class T>
  void put(const Scatter<T>& port, int row, std::type_identity_t<T> out) {
    put_row(port.index(), row, Value::of<T>(std::move(out)));
  }

  /// Drops this slot's sample: downstream nodes get a tombstone with this reason. Only at slot grain.
  void drop(std::string reason);
  /// Drops the sample of a row: nodes that read a Scatter output of this node get a tombstone in its slot. Only at step grain.
  void drop(int row, std::string reason);

  [[nodiscard]] Random random() const;         ///< Keyed by (seed, phase, occurrence, node, step, slot). Only once per call.
  [[nodiscard]] Random random(int row) const;  ///< Keyed by the slot of the row. Calls with the same row give the same numbers.

  [[nodiscard]] const Sample& sample() const;  ///< Sample in this slot. Only at slot grain.
  void identify(Sample sample);                ///< Sets the sample of a source's slot. Call it first.
  void note(std::string warning);              ///< Adds a warning to this slot's sample. Only at slot grain.
  /// Returns the notes of the nodes upstream of this one about this slot's sample, sorted, without duplicates.
  [[nodiscard]] std::vector<std::string> notes() const;
  [[nodiscard]] const std::string& reason() const;  ///< Reason why this slot's sample was dropped; empty if it lives.

  [[nodiscard]] RowList rows(const Port& port) const;  ///< Rows of a port. Only at step grain.

  template <class T>
  [[nodiscard]] T& state(const State<T>& port) const {
    return static_cast<typename State<T>::Box&>(state_box(port.index())).value;
  }

  /// Records the metric `phase.node.name`: for the step in `process`, for the phase in `finish`.
  void metric(std::string_view name, double number);
  /// Records a metric that is read when the step is done, so that the node does not wait for a device. `later` runs on another
  /// thread, possibly during the next step; in `finish` it runs at once. It must own what it reads: copies, or tensors that no step changes
  /// in place. Clone a tensor that is updated in place. `later` must not use the node's states, its frame or the weights of a resource.
  void metric(std::string_view name, std::function<double()> later);
  void metric(const Metric& metric, double number) { this->metric(metric.name(), number); }
  void metric(const Metric& metric, std::function<double()> later) { this->metric(metric.name(), std::move(later)); }
  /// For `finish`: computes each metric from the table and records it. Warns about each that is undefined. Then writes the table to the
  /// run's folder, `images/PHASE.NODE.csv`; reports compute the intervals of the metrics from it. If the table has no rows, it records NaN
  /// and removes the file. Throws std::logic_error if the node does not declare a metric, or if one needs a column that the table lacks.
  void measure(const ImageTable& table, const std::vector<ImageMetric>& metrics);
  /// Returns how many bytes of pictures and the like the node may add to the table that it measures, for reports; 0: none. It is a share of
  /// the plan's `keep_results` for a node that has called `Shapes::keeps_results`.
  [[nodiscard]] std::int64_t keep_bytes() const;
  /// Shows and stores a warning of one sentence, once per run.
  void warn(std::string sentence);

  // ---- for sources ----
  [[nodiscard]] std::int64_t draw() const;  ///< Position of the slot in the endless stream: step x batch + slot.

 private:
  template <class T>
  [[nodiscard]] const T* pointer(int port) const {
    const Value* held = maybe_value(port);
    return held ? &held->template as<T>() : nullptr;
  }
  [[nodiscard]] const Value& value(int port) const;
  [[nodiscard]] const Value* maybe_value(int port) const;
  [[nodiscard]] Value* sole_value(int port);
  [[nodiscard]] std::vector<const Value*> gathered(int port) const;
  [[nodiscard]] int inputs_count(int port) const;
  [[nodiscard]] std::string_view inputs_name(int port, int which) const;
  [[nodiscard]] const Value& inputs_value(int port, int which) const;
  [[nodiscard]] StateBox& state_box(int index) const;
  void put_value(int port, Value value);
  void put_row(int port, int row, Value value);

  Call* call_;
};

}  // namespace leat
