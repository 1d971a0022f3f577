#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "leat/component.h"
#include "leat/frame.h"
#include "leat/metric.h"
#include "leat/port.h"
#include "leat/state.h"

namespace leat {

/// The interface of a node's `shapes` to the Program while it propagates contracts. Throws Refusal for a port for which the function is not
/// meant, and for an input that is not connected. [setup]
class Shapes {
 public:
  virtual ~Shapes() = default;
  [[nodiscard]] virtual PhaseKind kind() const = 0;  ///< Kind of the node's phase.
  [[nodiscard]] virtual bool is_connected(const Port& port) const = 0;
  /// Returns the contract of a connected input, with the known sizes. For Inputs: of member number `which`.
  [[nodiscard]] virtual Contract of(const Port& input, int which = 0) const = 0;
  [[nodiscard]] virtual int count(const Port& inputs) const = 0;
  [[nodiscard]] virtual std::string member(const Port& inputs, int which) const = 0;  ///< Name of a member of Inputs.
  /// Sets the contract of an output. Symbols are those of the node's sentences.
  virtual void set(const Port& output, Contract contract) = 0;
  /// Sets the largest size of one value of an output, if its contract does not determine it. Must not be negative.
  virtual void set_bytes(const Port& output, std::int64_t bytes) = 0;
  /// States that an output's values have the shape and size of those at a connected input. A run measures the true size.
  virtual void assume_as(const Port& output, const Port& input) = 0;
  /// Sets a number about the values, for downstream nodes ("pixels": the largest number of pixels of an encoded image).
  virtual void set_fact(const Port& output, const std::string& name, std::int64_t number) = 0;
  [[nodiscard]] virtual std::int64_t fact(const Port& input, const std::string& name, std::int64_t otherwise) const = 0;
  /// States that the inputs leave a metric undefined, and why, in a clause. A plan's `keep` cannot use it then.
  virtual void cannot_measure(const Metric& metric, const std::string& why) = 0;
  /// States that the node can keep pictures and the like for reports. In a test phase of a plan with `keep_results`, `Frame::keep_bytes` is
  /// then its share of these bytes.
  virtual void keeps_results() = 0;
  /// States that the node's outputs depend on its inputs and parameters only: not on the step, the slot, the sample, random numbers or
  /// other resources. Notes and warnings can depend on the inputs. A plan's `cache` can then keep the results.
  virtual void is_deterministic() = 0;
  /// States that the node writes this file, or everything in this folder, in the run's folder. `param` is the parameter with the place. The
  /// Program refuses a place that two nodes write, or that the run itself writes.
  virtual void writes(const std::string& place, std::string_view param) = 0;
  /// As `Opening::disclose`; the names of the node and its phase are put before the sentence.
  virtual void disclose(const std::string& sentence) = 0;
  /// States that two contracts from `of` have the same shape: each dimension the same size, and the same names in the same order, also if
  /// these are found later. Returns false if they differ; throw then.
  [[nodiscard]] virtual bool equate(const Contract& one, const Contract& other) = 0;
  /// States that an output shows the picture of an input in another field of view: padded, cropped or moved. `how` names the change, such
  /// as "fit: pad, 1:1"; nodes with the same words make the same change. Empty: no other node makes this change, for example because it is
  /// random. Without this call, an output has the field of view of all inputs.
  virtual void change_field_of_view(const Port& output, const Port& input, const std::string& how) = 0;
  /// States that the node compares pixels at the same position of all values of two inputs, which can be one input. Throws Refusal if their
  /// fields of view differ. Inputs of different origins are not compared.
  virtual void check_field_of_view(const Port& one, const Port& other) const = 0;
};

/// The rows of a step that a node of the device lane gets in a training on several ranks.
enum class RowsOfRanks {
  /// Those of all ranks, in the order of slots. Every rank computes the same, and a gradient flows back into the rows of the own rank.
  All,
  /// Those of its rank. Row i of each output depends on row i of the inputs only, and on its slot and sample. Also for a node of the `cpu`
  /// lane that takes all samples of a step.
  Own,
  /// Those of its rank. The node adds up over the ranks (`Opening::ranks`) what it computes of them. Its outputs, which have no rows, and
  /// its
  /// metrics are then of the whole step and equal on all ranks; gradients flow back into the own part only.
  OwnAddedUp,
};

/// A node type. The constructor declares ports, parameters and states; `shapes` checks; `open` acquires. `process` is const and runs for
/// one slot or step, many at once unless the node has a State. `finish` runs once at the end of each occurrence of its phase.
class Node : public Component {
 public:
  virtual void shapes(Shapes&) const {}    ///< Throws Refusal. [setup]
  virtual void open(const Opening&) {}     ///< Throws Refusal. [setup]
  virtual void process(Frame&) const = 0;  ///< With a State or on a device lane: [worker]. Otherwise: [parallel]
  virtual void finish(Frame&) const {}     ///< After the last step of an occurrence; for metrics and states only. [worker]
  virtual void close() {}                  ///< After the run, also after a failed one. [setup]
  /// On a device lane: returns true if `process` gives the device the same operations of LibTorch in each step that has no dropped sample,
  /// on tensors, and reads nothing from it. Numbers that change from step to step reach the device as tensors: from a tensor on the host,
  /// or from `at::full({}, number, options)`. The captured lane (`--lane captured`) then records the operations once; it compares them in
  /// each step.
  [[nodiscard]] virtual bool has_equal_steps() const { return false; }
  /// Returns which rows it gets in a training on several ranks.
  [[nodiscard]] virtual RowsOfRanks rows_of_ranks() const { return RowsOfRanks::All; }
  /// With a State, on the `cpu` lane: returns true if its results may describe a part of the samples. In a training on several ranks it
  /// then sees those of rank 0. Any other such node is refused there.
  [[nodiscard]] virtual bool may_see_a_part() const { return false; }

  [[nodiscard]] const std::vector<Port*>& inputs() const { return inputs_; }
  [[nodiscard]] const std::vector<Port*>& outputs() const { return outputs_; }
  [[nodiscard]] const std::vector<StatePort*>& states() const { return states_; }
  [[nodiscard]] const std::vector<const Metric*>& metrics() const { return metrics_; }

 private:
  friend class Metric;
  friend class Port;
  friend class StatePort;
  std::vector<Port*> inputs_;
  std::vector<Port*> outputs_;
  std::vector<StatePort*> states_;
  std::vector<const Metric*> metrics_;
};

/// A node that opens steps. Its values are a function of (seed, step, slot). `process` makes slot `frame.key().slot` of step
/// `frame.key().step`, any number at once and in any order, and calls `frame.identify`. In a train phase every step has `batch` slots, and
/// epochs follow each other. Other phases end with the first epoch, whose last step can be smaller.
class Source : public Node {
 public:
  Param<int> batch{this, "batch", "Samples per step.", 1, {1, 65536}};

  /// Returns the samples per epoch, at most 10^15; 0 for an endless stream. Known after the Program has surveyed its resources.
  [[nodiscard]] virtual std::int64_t length() const = 0;

  /// Reads the lists and headers that the source itself names, no pixels, also for `leat check`. Called before `shapes` and `length`. Use a
  /// Resource for files that several sources read, or that a resumed run must compare. Throws Refusal. [setup]
  virtual void survey(const Opening&) {}
  /// Calls `take` for each sample of an epoch, if it is known after `survey`: its `id`, its `file`, and its `patient` if the data state
  /// one. The Program refuses a graph that trains and evaluates on the same patient or file; see `SharesWith`. [setup]
  virtual void list_samples(const std::function<void(const Sample&)>& take) const { static_cast<void>(take); }

 protected:
  /// Returns the index of this slot's sample among `length` samples, at least 1: by a new keyed permutation in each epoch if `shuffled`,
  /// otherwise in order. With `shuffled` it uses the call's only `frame.random()`.
  [[nodiscard]] std::int64_t pick(const Frame& frame, std::int64_t length, bool shuffled) const;
};

}  // namespace leat
