#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "record/event_log.h"
#include "report/interval_union.h"

namespace leat::report {

/// Sums over the folded steps of a phase, in one part of a run. Times are in nanoseconds.
struct PhaseSums {
  /// Time in a state or in an earlier one. Time in none of the states is waiting for credit.
  enum State { running, queued, remaining, unread, states };

  struct Node {
    std::int64_t calls = 0;
    std::int64_t dropped = 0;
    std::int64_t busy = 0;
    std::array<std::int64_t, states> within{};
  };
  struct Edge {
    int from;
    int to;
    std::int64_t values = 0;
    std::int64_t waited = 0;
  };

  std::vector<Node> nodes;
  std::vector<Edge> edges;
  std::int64_t steps = 0;
  std::int64_t length = 0;
};

/// Returns the sums of what came between two moments.
[[nodiscard]] PhaseSums difference(PhaseSums now, const PhaseSums& before);

/// One occurrence of a phase in one part of the run. Keeps the events of each step until the step is folded. Of folded steps, keeps only
/// the intervals that reach past the watermark. Invariant: no event of an unfolded step is before the watermark.
class Stretch {
 public:
  explicit Stretch(PhaseSums& sums) : sums_(&sums) {}

  void add(const record::Event& event);
  /// Adds a complete step to the sums. Its later events still count, except in time that is already settled.
  void fold(std::uint32_t step, std::int64_t retired_at);
  /// Ends the stretch: no further events are expected, so it keeps no interval.
  void close();
  /// Folds the remaining steps and adds the length of the stretch. Must be the last call.
  void finish();
  [[nodiscard]] bool has_steps() const { return !steps_.empty(); }
  [[nodiscard]] std::int64_t retired() const { return retired_; }
  /// Returns the time from the first admission to the watermark.
  [[nodiscard]] std::int64_t settled_length() const { return begin_ && watermark_ ? *watermark_ - *begin_ : 0; }
  /// Returns the watermark, up to which the sums are complete.
  [[nodiscard]] std::optional<std::int64_t> watermark() const { return watermark_; }
  /// Adds the values of each edge that its reader has not processed, in steps that are not retired.
  void add_waiting(std::vector<std::int64_t>& by_edge) const;

 private:
  struct Step {
    std::optional<std::int64_t> admitted;
    std::int64_t start = std::numeric_limits<std::int64_t>::max();  ///< Earliest time of its events.
    std::vector<record::Event> events;                              ///< Events of nodes.
    bool is_retired = false;
  };

  Step& step_of(std::uint32_t number, std::int64_t at);
  void begin();
  void fold(Step& step);
  void add_edge(PhaseSums::Edge& edge, const std::vector<record::Event>& events);
  /// Adds an interval in which the node is in a state to the unions of this state and of all later ones.
  void add_interval(int node, PhaseSums::State state, std::int64_t begin, std::int64_t end);
  void settle(std::int64_t watermark);

  PhaseSums* sums_;
  std::unordered_map<std::uint32_t, Step> steps_;
  std::multiset<std::int64_t> starts_;                                ///< Starts of `steps_`.
  IntervalUnion folded_;                                              ///< Numbers of folded steps.
  std::vector<std::array<IntervalUnion, PhaseSums::states>> unions_;  ///< By node; empty: no node has an interval.
  std::int64_t retired_ = 0;
  std::int64_t last_retirement_ = std::numeric_limits<std::int64_t>::min();  ///< Latest retirement of a folded step.
  std::optional<std::int64_t> begin_;                                        ///< First admission.
  std::int64_t end_ = std::numeric_limits<std::int64_t>::min();
  std::optional<std::int64_t> watermark_;
};

}  // namespace leat::report
