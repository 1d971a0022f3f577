#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "leat/log_header.h"

namespace leat::verdict {

/// A phase as the header of a log describes it.
struct PhaseNames {
  struct Node {
    std::string name;
    bool is_device = false;
    bool is_ordered = false;  ///< It runs one task at a time, in (step, slot) order.
    int segment = -1;         ///< Index among the segments of the device lane; -1 on the `cpu` lane.
    std::vector<int> reads;   ///< Nodes whose values it reads, each once.
  };
  std::string name;
  bool is_training = false;
  int credits = 0;  ///< Most steps in flight; 0: the log is older and does not say.
  std::int64_t step_bytes = 0;
  std::int64_t memory_bytes = 0;  ///< Limit of all steps in flight; 0: not known.
  bool has_unknown_sizes = false;
  std::vector<Node> nodes;
  std::vector<LogHeader::Cacheable> cacheable;
  int segments = 0;

  [[nodiscard]] bool has_device() const { return segments > 0; }
  /// Returns true if `memory_bytes` leaves no room for a further step in flight.
  [[nodiscard]] bool is_limited_by_memory() const {
    return credits > 0 && step_bytes > 0 && memory_bytes > 0 && (credits + 1) * step_bytes > memory_bytes;
  }
};

struct LogNames {
  int workers = 0;        ///< 0: the log is older and does not say.
  bool is_async = false;  ///< As in LogHeader.
  std::vector<PhaseNames> phases;
};

[[nodiscard]] LogNames names_of(const LogHeader& header);

}  // namespace leat::verdict
