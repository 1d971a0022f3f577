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

/// A step that is done, and what its nodes measured.
struct Progress {
  std::string phase;
  PhaseKind kind = PhaseKind::Train;
  std::int64_t step = 0;                  ///< Steps done.
  std::int64_t steps = 0;                 ///< Steps of the phase in all.
  std::int64_t images = 0;                ///< Slots of this step, of all sources.
  std::map<std::string, double> metrics;  ///< By `node.name`.
};

/// One call of a node's `process`. The texts live as long as the run.
struct NodeCall {
  std::string_view phase;
  std::string_view node;
  std::string_view type;
  std::int64_t step = 0;
  int slot = -1;                            ///< -1: a whole step.
  const std::vector<const Value*>& inputs;  ///< The values that it can read.
};

/// A value that a node has put, before any reader takes it.
struct PutValue {
  std::string_view phase;
  std::string_view node;
  std::string_view port;
  std::int64_t step = 0;
  int slot = -1;             ///< -1: of a whole step.
  const Value& value;        ///< On the lane of its node.
  const Contract& promised;  ///< What the Program says of it.
  /// Of the rows that a value of a whole step has: 0 where the sample was dropped. Empty: it has no rows, or all weigh 1.
  std::span<const float> weights;
};

/// A segment on the device lane.
struct SegmentCall {
  std::string_view phase;
  std::int64_t step = 0;
  int segment = 0;
};

/// A file or folder that the run has written.
struct WrittenFile {
  std::string path;        ///< Below the run's folder: `checkpoints/last`.
  std::int64_t steps = 0;  ///< Training steps that it knows of.
  double seconds = 0;      ///< How long writing took.
};

/// What an observer hears of; joined with |.
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

/// Looks into a run while it goes (Run::attach). Steps, messages and files come on a thread that nobody waits for, but a run waits where it
/// is thousands of steps ahead of it; the calls of nodes wait for whoever looks at them. What an observer throws ends the run. It may call
/// `Run::stop` and read the run's state, but must not attach or detach an observer while one of its functions runs. An observer that is
/// attached during a call hears of the call's end only.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void step_retired(const Progress&) {}  ///< In the order of steps. [one thread]
  virtual void message(const std::string&) {}    ///< A warning or an event in one sentence. [one thread]
  virtual void call_begins(const NodeCall&) {}   ///< [parallel]
  virtual void call_ends(const NodeCall&) {}     ///< [parallel] On the same thread; not if `process` throws.
  virtual void requested() {}                    ///< A node asks its frame for something. [parallel] What this throws comes out of that.
  virtual void value_put(const PutValue&) {}     ///< [parallel]
  /// A node gave a metric, a number or one that is read when its step is done. The function may be called here, too. [parallel]
  virtual void metric_given(std::string_view, std::int64_t, const std::function<double()>&) {}
  virtual void metrics_due(std::string_view, std::int64_t) {}  ///< The metrics of a step are read next. [any thread] One at a time.
  virtual void segment_begins(const SegmentCall&) {}           ///< [one thread] The device lane's.
  virtual void segment_ends(const SegmentCall&) {}             ///< [one thread] The device lane's.
  virtual void file_written(const WrittenFile&) {}             ///< Later than it was written. [one thread]
};

/// A body that runs at this moment.
struct RunningCall {
  std::string_view phase;
  std::string_view node;
  std::int64_t step = 0;
  int slot = -1;       ///< -1: a whole step.
  double seconds = 0;  ///< Since it began.
  bool is_on_device = false;
};

}  // namespace leat
