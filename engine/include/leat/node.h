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

/// What a node's `shapes` can read and say while the Program propagates contracts. Throws Refusal for a port that the function does not
/// take, and for an input that is not connected. [setup]
class Shapes {
 public:
  virtual ~Shapes() = default;
  [[nodiscard]] virtual PhaseKind kind() const = 0;  ///< Of the node's phase.
  [[nodiscard]] virtual bool is_connected(const Port& port) const = 0;
  /// What arrives at a connected input: numbers where they are known. For Inputs: of the `which`-th.
  [[nodiscard]] virtual Contract of(const Port& input, int which = 0) const = 0;
  [[nodiscard]] virtual int count(const Port& inputs) const = 0;
  [[nodiscard]] virtual std::string member(const Port& inputs, int which) const = 0;  ///< Its name among Inputs.
  /// Says what an output gives; symbols are those of the node's sentences.
  virtual void set(const Port& output, Contract contract) = 0;
  /// The most bytes one value of an output takes, where its contract cannot tell; not negative.
  virtual void set_bytes(const Port& output, std::int64_t bytes) = 0;
  /// Says that an output's values are shaped as those of a connected input and take as much. It is an assumption, which a run measures.
  virtual void assume_as(const Port& output, const Port& input) = 0;
  /// A number about the values that travels to nodes downstream ("pixels": the most an encoded image has).
  virtual void set_fact(const Port& output, const std::string& name, std::int64_t number) = 0;
  [[nodiscard]] virtual std::int64_t fact(const Port& input, const std::string& name, std::int64_t otherwise) const = 0;
  /// Says that what arrives here leaves a metric undefined, and why, in a clause. A plan's `keep` cannot name it then.
  virtual void cannot_measure(const Metric& metric, const std::string& why) = 0;
  /// Says that the node writes this file, or all below this folder, of the run's folder; `param` names the parameter that says where. A
  /// place that two nodes would write to, or that the run itself writes to, is refused.
  virtual void writes(const std::string& place, std::string_view param) = 0;
  /// As `Opening::disclose`; the names of the node and its phase are put before the sentence.
  virtual void disclose(const std::string& sentence) = 0;
};

/// A node type is a class: constructors declare ports, parameters and states; `shapes` checks; `open` acts; `process` is const and runs
/// for one slot or step at a time, many at once unless the node has a State; `finish` runs once when an occurrence of its phase ends.
class Node : public Component {
 public:
  virtual void shapes(Shapes&) const {}    ///< [setup] Throws Refusal.
  virtual void open(const Opening&) {}     ///< [setup] Throws Refusal.
  virtual void process(Frame&) const = 0;  ///< [parallel], or [worker] with a State or on a device lane.
  virtual void finish(Frame&) const {}     ///< [worker] After the last step of an occurrence; metrics and states only.
  virtual void close() {}                  ///< [setup] After the run, also after one that failed.

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

/// A node that opens steps. It is a function of (seed, step, slot): `process` makes slot `frame.key().slot` of step `frame.key().step`,
/// any number at once and in any order, and says who it is by `frame.identify`. In a train phase every step has `batch` slots and passes
/// follow each other; elsewhere the phase ends with the first pass, on a smaller step.
class Source : public Node {
 public:
  Param<int> batch{this, "batch", "Samples a step.", 1, {1, 65536}};

  /// Samples in one pass, known after the Program surveyed its resources, at most 10^15; 0 for a stream without end.
  [[nodiscard]] virtual std::int64_t length() const = 0;

  /// Looks at the files that the source itself names (lists, headers, no pixels), for `leat check` too. It precedes `shapes` and `length`.
  /// Files that several sources read, or that a run that goes on has to compare, are a Resource's. [setup] Throws Refusal.
  virtual void survey(const Opening&) {}
  /// Calls `take` with each sample of a pass, as far as it is known after `survey`: its `id`, its `file`, and its `patient` where the data
  /// state one. The Program refuses a graph that trains on a patient or a file by which it judges; see `SharesWith`. [setup]
  virtual void list_samples(const std::function<void(const Sample&)>& take) const { static_cast<void>(take); }

 protected:
  /// The place within the pass of this slot, of `length` samples, at least 1: a new keyed permutation each pass when `shuffled`, else in
  /// order. A shuffled one uses the call's one `frame.random()`.
  [[nodiscard]] std::int64_t pick(const Frame& frame, std::int64_t length, bool shuffled) const;
};

}  // namespace leat
