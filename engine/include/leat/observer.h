#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leat/contract.h"
#include "leat/frame.h"
#include "leat/value.h"

namespace leat {

/// A finished step, and the metrics of its nodes.
struct Progress {
  std::string phase;
  PhaseKind kind = PhaseKind::Train;
  std::int64_t step = 0;                  ///< Steps done.
  std::int64_t steps = 0;                 ///< Total steps of the phase; 0 if they are not known before its end.
  std::int64_t images = 0;                ///< Number of slots in this step, over all sources.
  std::map<std::string, double> metrics;  ///< Indexed by `node.name`.
};

/// One call of a node's `process`. The texts are valid as long as the run.
struct NodeCall {
  std::string_view phase;
  std::string_view node;
  std::string_view type;
  std::int64_t step = 0;
  int slot = -1;                            ///< -1 for a whole step.
  const std::vector<const Value*>& inputs;  ///< Values that the node can read.
};

/// A value that a node has output, before any reader takes it.
struct PutValue {
  std::string_view phase;
  std::string_view node;
  std::string_view port;
  std::int64_t step = 0;
  int slot = -1;             ///< -1 for a whole step.
  const Value& value;        ///< The value, on the lane of its node.
  const Contract& promised;  ///< Its contract in the Program.
  /// Weights of the rows of a value for a whole step: 0 if the sample was dropped. Empty if there are no rows, or if all weights are 1.
  std::span<const float> weights;
  std::span<const Sample> samples;  ///< The sample of its slot, or those of its rows; empty if it has no rows.
};

/// A segment on the device lane.
struct SegmentCall {
  std::string_view phase;
  std::int64_t step = 0;
  int segment = 0;
};

/// A file or folder that the run wrote.
struct WrittenFile {
  std::string path;        ///< Path in the run's folder: `checkpoints/last`.
  std::int64_t steps = 0;  ///< Training steps that it covers.
  double seconds = 0;      ///< Duration of the write.
};

/// Kinds of events that an observer takes; combined with |.
enum class Hears : unsigned {
  Nothing = 0,
  Steps = 1,      ///< `step_retired`
  Messages = 2,   ///< `message`
  Calls = 4,      ///< `call_begins`, `call_ends`
  Requests = 8,   ///< `requested`
  Values = 16,    ///< `value_put`
  Metrics = 32,   ///< `metric_given`, `metrics_due`
  Segments = 64,  ///< `segment_begins`, `segment_ends`
  Files = 128,    ///< `file_written`
};
[[nodiscard]] constexpr Hears operator|(Hears a, Hears b) {
  return static_cast<Hears>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
[[nodiscard]] constexpr bool has(Hears all, Hears one) { return (static_cast<unsigned>(all) & static_cast<unsigned>(one)) != 0; }

/// Looks into a run in progress (Run::attach). Steps, messages and files are reported on a thread of their own. The run waits for that
/// thread only if it is thousands of steps behind. Calls of nodes wait for their observers. An exception from an observer ends the run. An
/// observer can call `Run::stop` and read the run's state. While one of its functions runs, no observer can be attached or detached by that
/// thread. If an observer is attached during a call, it gets only the end of that call.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void step_retired(const Progress&) {}  ///< In step order. [one thread]
  virtual void message(const std::string&) {}    ///< A warning or an event, as one sentence. [one thread]
  virtual void call_begins(const NodeCall&) {}   ///< [parallel]
  virtual void call_ends(const NodeCall&) {}     ///< On the same thread; not called if `process` throws. [parallel]
  virtual void requested() {}                    ///< A node calls its frame; an exception passes to the node. [parallel]
  virtual void value_put(const PutValue&) {}     ///< [parallel]
  /// A node recorded a metric: a number, or a function that is read when its step is finished. It can be called here too. [parallel]
  virtual void metric_given(std::string_view, std::int64_t, const std::function<double()>&) {}
  virtual void metrics_due(std::string_view, std::int64_t) {}  ///< Before the metrics of a step are read; one call at a time. [any thread]
  virtual void segment_begins(const SegmentCall&) {}           ///< On the device lane's thread. [one thread]
  virtual void segment_ends(const SegmentCall&) {}             ///< On the device lane's thread. [one thread]
  virtual void file_written(const WrittenFile&) {}             ///< After the write. [one thread]
};

/// A body that is running.
struct RunningCall {
  std::string_view phase;
  std::string_view node;
  std::int64_t step = 0;
  int slot = -1;       ///< -1 for a whole step.
  double seconds = 0;  ///< Time since it began.
  bool is_on_device = false;
};

}  // namespace leat
