#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace leat {

/// The names at the begin of an event log. What an older Leat did not write is 0 or empty.
struct LogHeader {
  struct Node {
    std::string name;
    std::string type;
    std::string lane;         ///< `cpu` or `device`
    std::string grain;        ///< `slot` or `step`
    int segment = -1;         ///< Index among the segments of the device lane; -1 on the `cpu` lane.
    bool is_ordered = false;  ///< It runs one task at a time, in (step, slot) order.

    [[nodiscard]] bool is_on_device() const { return lane == "device"; }
  };
  struct Edge {
    int from = 0;  ///< Index of a node, as `to`.
    std::string output;
    int to = 0;
    int per_step = 0;        ///< Number of values in one step.
    std::int64_t bytes = 0;  ///< Largest size of a value, if it is known.
  };
  /// Nodes whose values a cache would keep, of a phase without one.
  struct Cacheable {
    std::vector<int> nodes;  ///< Indices.
    double epochs = 0;       ///< How often each value is computed.
    std::int64_t bytes = 0;  ///< Size of all values; 0 if it is not known.
  };
  struct Phase {
    std::string name;
    std::string kind;
    int credits = 0;         ///< Most steps in flight.
    std::int64_t steps = 0;  ///< As planned for a train phase, for others one epoch.
    std::int64_t step_bytes = 0;
    std::int64_t memory_bytes = 0;  ///< Limit of all steps in flight.
    bool has_unknown_sizes = false;
    std::vector<Node> nodes;
    std::vector<Edge> edges;
    std::vector<Cacheable> cacheable;
  };
  double begun = 0;  ///< Unix time in seconds.
  int workers = 0;
  /// The device's lane went on while the device computed. Of each segment, the last node's time ends when the device was through; the times
  /// of the others are those of giving work to it.
  bool is_async = false;
  std::vector<Phase> phases;
};

/// Reads a header. Throws std::runtime_error if the text names no phases, nodes and edges. All readers of logs use this function.
[[nodiscard]] LogHeader read_log_header(std::string_view text);

}  // namespace leat
